/** A lab to read about, whether it is up or not: `describe`, `solution`. */
import { withLab } from "./with-lab.ts";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Lab } from "../lab/lab.ts";
import type { CliContext } from "./context.ts";
import { parseLabArgument } from "./lab-argument.ts";
import { loadFile } from "./load-file.ts";
import type { DriverOptions, NetworkOptions } from "./options.ts";

/** A lab file, what a running lab is made of, or the file of that name (also in labs/). Throws UsageError where there is neither. */
export async function readLab(
  labText: string,
  options: DriverOptions & NetworkOptions,
  context: CliContext,
): Promise<Lab> {
  if (labText === "-") return (await loadFile("-", context, options)).lab;
  const argument = parseLabArgument(labText, context.cwd);
  if (argument.kind === "file") return (await loadFile(argument.file, context, options)).lab;
  const file = ["", "labs/"]
    .map((folder) => `${folder}${argument.name}.yaml`)
    .find((path) => existsSync(resolve(context.cwd, path)));
  try {
    return await withLab(argument.name, options, context, ({ lab }) => lab);
  } catch (error) {
    // It can be read before its lab is built.
    if (file !== undefined) return (await loadFile(file, context, options)).lab;
    throw error;
  }
}
