/** The reference of the lab file's first document: a section per object, and what its scalars look like. */
import { objectsIn } from "./json-schema.ts";
import type { Schema } from "./json-schema.ts";
import { objectSection } from "./field-tables.ts";
import type { Section } from "./field-tables.ts";
import { SCALARS } from "./scalars.ts";

const ELSEWHERE = {
  "spec.fault":
    "object with fields `topology` and `cluster`, as in `spec.topology` and `spec.cluster`; nothing in them is required",
  "spec.checks": "list of [checks](checks.md)",
  "spec.steps[].checks": "list of [checks](checks.md)",
};
/** Objects with more fields than this, or with objects in them, get a section. */
const INLINE = 4;

export function labFileSections(lab: Schema): string {
  const parts = ["metadata", "spec"].map((name) =>
    objectSection(name, 2, lab.properties?.[name] ?? {}, { elsewhere: ELSEWHERE, ownSection, values: "" }),
  );
  const values = [...SCALARS].map(([title, text]) => `### ${title}\n\n${text}.`);
  return [...parts, "## Values", ...values].join("\n\n");
}

function ownSection({ path, schema }: Section): boolean {
  const fields = Object.values(schema.properties ?? {});
  return /\[\]$|\.NAME$/.test(path) || fields.length > INLINE || fields.some((field) => objectsIn(field).length > 0);
}
