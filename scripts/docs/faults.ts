/** The reference of faults: one section per kind, from its own description and the JSON Schema. */
import { FAULT_KINDS } from "../../src/faults/registry.ts";
import { alternatives } from "./json-schema.ts";
import type { Schema } from "./json-schema.ts";
import { fieldTable } from "./field-tables.ts";

/** `faults`: the schema of spec.faults. */
export function faultSections(faults: Schema): string {
  const shapes = alternatives(faults.items ?? {});
  return FAULT_KINDS.flatMap(({ kind, lesson }) => {
    const schema = shapes.find(({ properties }) => properties?.[kind] !== undefined)?.properties?.[kind];
    if (schema === undefined) throw new Error(`no schema of ${kind}`);
    const { description: _lesson, ...rest } = schema;
    return [`## ${kind}`, lesson, fieldTable(kind, rest, "lab-file.md")];
  }).join("\n\n");
}
