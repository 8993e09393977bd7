/** Which files are generated, in whole or between two marks, and what is in them. */
import { join } from "node:path";
import { JSON_DOCS } from "../../src/report/json.ts";
import { labJsonSchema } from "../../src/load/json-schema.ts";
import { checkSections } from "./checks.ts";
import { commandSections } from "./commands.ts";
import { faultSections } from "./faults.ts";
import type { Schema } from "./json-schema.ts";
import { labFileSections } from "./lab-file.ts";

const LABS = join(import.meta.dirname, "../../labs");

/** What is between the marks of this name in a page. */
function blocks(schema: Schema): Readonly<Record<string, () => string | Promise<string>>> {
  return {
    fields: () => labFileSections(schema),
    checks: () => checkSections(schema.properties?.["spec"]?.properties?.["checks"] ?? {}, LABS),
    faults: () => faultSections(schema.properties?.["spec"]?.properties?.["faults"] ?? {}),
    commands: commandSections,
    events: () => JSON_DOCS.trim(),
  };
}

const PAGES = ["lab-file", "checks", "commands", "faults"].map((name) => `labs/docs/${name}.md`);

/** Path from the checkout's root → text. `current` is the text that a page has now: what is not between marks stays. */
export async function generatedFiles(current: (file: string) => string): Promise<ReadonlyMap<string, string>> {
  const schema = labJsonSchema();
  const makers = blocks(schema);
  const files = new Map([["labs/schema.json", `${JSON.stringify(schema, null, 2)}\n`]]);
  for (const page of PAGES) files.set(page, await fill(current(page), makers));
  return files;
}

/** `<!-- generated: NAME -->` … `<!-- end -->` */
export async function fill(
  page: string,
  makers: Readonly<Record<string, () => string | Promise<string>>>,
): Promise<string> {
  const parts: string[] = [];
  let at = 0;
  for (const { index, 1: name = "", 0: whole } of page.matchAll(/<!-- generated: (\w+) -->\n.*?<!-- end -->/gs)) {
    const make = makers[name];
    if (make === undefined) throw new Error(`nothing generates ${name}`);
    parts.push(page.slice(at, index), `<!-- generated: ${name} -->\n\n${await make()}\n\n<!-- end -->`);
    at = index + whole.length;
  }
  return [...parts, page.slice(at)].join("");
}
