/** What a LAB argument means: the name of a running lab, or a lab file. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isLabName } from "../agent/state-folder.ts";
import { UsageError, messageOf } from "../errors.ts";

export type LabArgument =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "file"; readonly file: string };

/** A lab name is a DNS label; whatever cannot be one, or is a file, is a file. */
export function parseLabArgument(text: string, cwd: string): LabArgument {
  if (/\.ya?ml$/i.test(text) || text.includes("/") || isFile(resolve(cwd, text))) return { kind: "file", file: text };
  if (isLabName(text)) return { kind: "name", name: text };
  throw new UsageError(
    `"${text}" is neither the name of a lab nor a lab file`,
    "names are lower-case letters, digits and dashes; files end in .yaml",
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** The lab's name. Of a file only `metadata.name` is read, so a file that is broken elsewhere can still be taken down. */
export async function labNameOf(text: string, cwd: string): Promise<string> {
  const argument = parseLabArgument(text, cwd);
  if (argument.kind === "name") return argument.name;
  const source = await readLabFile(argument.file, cwd);
  // A module of ours: `import()` of a CommonJS package has no named exports once it is bundled.
  const { readLabName } = await import("./lab-name.ts");
  const name = readLabName(source);
  if (typeof name === "string" && isLabName(name)) return name;
  throw new UsageError(
    `${argument.file} has no metadata.name in its first document`,
    `give the name of the lab instead (k8snet-lab ls), or see k8snet-lab validate ${argument.file}`,
  );
}

async function readLabFile(file: string, cwd: string): Promise<string> {
  const { readText } = await import("../syntax/text-file.ts");
  try {
    return readText(resolve(cwd, file));
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read: ${messageOf(error)}`,
      "give a lab file, or the name of a running lab: k8snet-lab ls",
    );
  }
}
