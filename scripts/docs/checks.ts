/** The reference of checks: one section per kind, from the JSON Schema, with an example out of the labs. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Document, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { YAMLMap } from "yaml";
import { CHECK_KINDS, checkLesson } from "../../src/checks/registry.ts";
import { alternatives } from "./json-schema.ts";
import type { Schema } from "./json-schema.ts";
import { fieldTable } from "./field-tables.ts";

interface Example {
  readonly file: string;
  readonly text: string;
  /** How much it expects. */
  readonly said: number;
}

/** Characters of an example that is too long to be read at a glance. */
const LONG = 300;

export function checkKinds(checks: Schema): ReadonlyMap<string, Schema> {
  const kinds = alternatives(checks.items ?? {});
  return new Map(kinds.map((schema) => [kindOf(schema), schema]));
}

/** The field that names the kind. */
function kindOf(schema: Schema): string {
  const found = CHECK_KINDS.find(({ kind }) => schema.required?.includes(kind));
  if (found === undefined) throw new Error(`no kind: ${JSON.stringify(schema.required)}`);
  return found.kind;
}

export function checkSections(checks: Schema, labs: string): string {
  const kinds = checkKinds(checks);
  const all = [...kinds.values()];
  const inAll = Object.keys(all[0]?.properties ?? {}).filter((name) => all.every((one) => one.properties?.[name]));
  const shared = new Set(inAll.filter((name) => name !== "expect"));
  const examples = bestExamples(labs, [...kinds.keys()]);
  const common: Schema = pick(all[0] ?? {}, (name) => shared.has(name));
  const parts = ["## Fields of every check", fieldTable("checks[]", common, "lab-file.md")];
  for (const [kind, schema] of kinds) {
    parts.push(
      `## ${kind}`,
      checkLesson(kind),
      ...exampleOf(schema, examples.get(kind)),
      fieldTable(
        "checks[]",
        ordered(
          pick(schema, (name) => !shared.has(name)),
          kind,
        ),
        "lab-file.md",
      ),
    );
  }
  return parts.join("\n\n");
}

/** The schema's own example, else the one of a lab. */
function exampleOf(schema: Schema, fromLab: Example | undefined): readonly string[] {
  const [own] = schema.examples ?? [];
  if (own !== undefined) {
    const check = new Document([own]).get(0);
    return isMap(check) ? [fenced(exampleText(check))] : [];
  }
  return fromLab === undefined ? [] : [fenced(fromLab.text), `From [${fromLab.file}](../${fromLab.file}).`];
}

function fenced(text: string): string {
  return `\`\`\`yaml\n${text}\n\`\`\``;
}

/** `from` first, then the field that names the kind, then the rest with `expect` as the last. */
function ordered(schema: Schema, kind: string): Schema {
  const rank = (name: string): number => ["from", kind].indexOf(name) + (name === "expect" ? 9 : 0);
  const names = Object.keys(schema.properties ?? {});
  const first = names.filter((name) => rank(name) === 0 || rank(name) === 1).toSorted((a, b) => rank(a) - rank(b));
  const rest = names.filter((name) => rank(name) === -1);
  const order = [...first, ...rest, ...names.filter((name) => name === "expect")];
  return { ...schema, properties: Object.fromEntries(order.map((name) => [name, schema.properties?.[name] ?? {}])) };
}

function pick(schema: Schema, wanted: (name: string) => boolean): Schema {
  const { description: _whole, ...rest } = schema;
  return {
    ...rest,
    properties: Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => wanted(name))),
  };
}

/** For each kind, the check in the labs that expects most, without its teaching text; of several the shortest. */
function bestExamples(labs: string, kinds: readonly string[]): ReadonlyMap<string, Example> {
  const found = new Map<string, Example>();
  for (const file of readdirSync(labs).filter((name) => /^(?!broken-).*\.yaml$/.test(name))) {
    const document = parseDocument(readFileSync(join(labs, file), "utf8").split(/^---$/m)[0] ?? "");
    const checks = document.getIn(["spec", "checks"]);
    for (const check of isSeq(checks) ? checks.items : []) {
      if (!isMap(check) || !check.has("expect") || check.has("expectFailure")) continue;
      const kind = kinds.find((one) => check.has(one));
      if (kind === undefined) continue;
      const text = exampleText(check);
      const said = flow(check.get("expect")).split(",").length;
      const before = found.get(kind);
      if (text.length > LONG && before !== undefined) continue;
      if (before === undefined || said > before.said || (said === before.said && text.length < before.text.length))
        found.set(kind, { file, text, said });
    }
  }
  return found;
}

function exampleText(check: YAMLMap): string {
  const lines = check.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    if (name === "explain") return [];
    return [`${name}: ${flow(value)}`];
  });
  return lines.map((line, at) => `${at === 0 ? "- " : "  "}${line}`).join("\n");
}

/** A value on one line, as labs write it: `{ status: 200, sourceIP: pod/client }`. */
function flow(value: unknown): string {
  if (isMap(value))
    return `{ ${value.items.map(({ key, value: inner }) => `${flow(key)}: ${flow(inner)}`).join(", ")} }`;
  if (isSeq(value)) return `[${value.items.map(flow).join(", ")}]`;
  if (!isScalar(value)) return "";
  if (typeof value.value !== "string") return value.source ?? String(value.value);
  const quoted = value.type === "QUOTE_DOUBLE" || value.type === "QUOTE_SINGLE";
  return quoted ? JSON.stringify(value.value) : value.value;
}
