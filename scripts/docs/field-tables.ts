/** Tables of fields, made from the JSON Schema of lab files. */
import { hasFieldsOf, objectsIn, valueWords } from "./json-schema.ts";
import type { Schema } from "./json-schema.ts";
import { SCALARS } from "./scalars.ts";

export interface TableOptions {
  /** Objects that are described elsewhere, by the path of the field: the text of the cell. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Whether an object gets a section of its own, or its fields rows in the table of the object that has it. */
  readonly ownSection: (object: Section) => boolean;
  /** The page that explains scalars; "" where it is the same one. */
  readonly values: string;
}

/** An object whose fields have been listed, under this name. */
interface Listed {
  readonly heading: string;
  readonly schema: Schema;
}

export interface Section extends Listed {
  /** Without the discriminator of several objects at one place. */
  readonly path: string;
}

interface Row {
  readonly field: string;
  readonly value: string;
  readonly meaning: string;
}

/** GitHub's anchor of a heading. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/gu, "-");
}

export function scalarLink(page: string): (title: string) => string {
  return (title) => `[${title}](${page}#${anchor(title)})`;
}

/** The table of an object and the sections of the objects in it, in the order of the schema. */
export function objectSection(path: string, level: number, schema: Schema, options: TableOptions): string {
  return section({ path, heading: path, schema }, level, options, []);
}

/** The table of an object with the fields of all objects in it. */
export function fieldTable(path: string, schema: Schema, values: string): string {
  return table(fieldRows(schema, path, "", { elsewhere: {}, ownSection: () => false, values }, [], []));
}

function section(object: Section, level: number, options: TableOptions, listed: Listed[]): string {
  const later: Section[] = [];
  const rows = fieldRows(object.schema, object.path, "", options, listed, later);
  const parts = [`${"#".repeat(Math.min(level, 6))} ${object.heading}`];
  const { description, oneOf } = object.schema;
  if (description !== undefined) parts.push(sentence(description));
  if (oneOf !== undefined) parts.push(`One of ${oneOf.map(({ title }) => `\`${title ?? ""}\``).join(", ")}.`);
  parts.push(table(rows));
  for (const one of later) parts.push(section(one, level + 1, options, listed));
  return parts.join("\n\n");
}

/** The rows of an object's fields; objects that get sections of their own are put into `later`. */
function fieldRows(
  schema: Schema,
  path: string,
  prefix: string,
  options: TableOptions,
  listed: Listed[],
  later: Section[],
): readonly Row[] {
  listed.push({ heading: prefix === "" ? path : `${path}.${prefix.slice(0, -1)}`, schema });
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = `${prefix}${name}`;
    const needed = schema.required?.includes(name) === true && field.default === undefined;
    const row = (value: string): Row => ({ field: here, value, meaning: meaning(field, needed) });
    const elsewhere = options.elsewhere[`${path}.${here}`];
    if (elsewhere !== undefined) return [row(elsewhere)];
    const rows: Row[] = [];
    const links: string[] = [];
    for (const object of sectionsOf(`${path}.${here}`, field)) {
      const same = listed.find((other) => hasFieldsOf(other.schema, object.schema));
      if (same !== undefined) links.push(`object as in \`${same.heading}\``);
      else if (options.ownSection(object)) {
        later.push(object);
        listed.push(object);
        links.push(`[object](#${anchor(object.heading)})`);
      } else {
        const inner = `${here}${object.path.slice(`${path}.${here}`.length)}.`;
        rows.push(...fieldRows(object.schema, path, inner, options, listed, later));
        links.push("object");
      }
    }
    const scalar = scalarLink(options.values);
    const value = valueWords(field, (title) => (title === "object" ? links.join(" or ") : scalar(title)));
    return [row(value), ...rows];
  });
}

/** The objects that a field may be. Those without a discriminating constant are one, with the fields of each. */
function sectionsOf(path: string, field: Schema): readonly Section[] {
  const objects = objectsIn(field);
  const [first] = objects;
  if (first === undefined) return [];
  const constants = objects.map(({ schema }) => Object.entries(schema.properties).filter(([, { const: one }]) => one !== undefined)); // prettier-ignore
  if (objects.length === 1 || constants.every((one) => one.length > 0))
    return objects.map(({ suffix, schema }, at) => {
      const label = (constants[at] ?? []).map(([name, one]) => `${name} ${String(one.const)}`).join(", ");
      const heading = `${path}${suffix}${objects.length === 1 ? "" : `: ${label}`}`;
      return { path: `${path}${suffix}`, heading, schema };
    });
  const named = `${path}${first.suffix}`;
  return [{ path: named, heading: named, schema: merged(objects.map(({ schema }) => schema)) }];
}

/** All fields of several objects, those that all have first; `oneOf` names those of which one is needed. */
function merged(objects: readonly Schema[]): Schema {
  const all: Record<string, Schema> = {};
  for (const { properties } of objects)
    for (const [name, field] of Object.entries(properties ?? {})) all[name] ??= field;
  const inAll = (name: string): boolean => objects.every(({ properties }) => properties?.[name] !== undefined);
  const needed = (name: string): boolean => objects.every(({ required }) => required?.includes(name));
  const names = Object.keys(all).toSorted((a, b) => Number(inAll(b)) - Number(inAll(a)));
  const own = new Set(objects.flatMap(({ required }) => (required ?? []).filter((name) => !needed(name))));
  return {
    properties: Object.fromEntries(names.map((name) => [name, all[name] ?? {}])),
    required: names.filter(needed),
    oneOf: [...own].map((title) => ({ title })),
  };
}

function meaning(field: Schema, needed: boolean): string {
  const assumed =
    field.default === undefined || typeof field.default === "object"
      ? ""
      : ` Default: \`${JSON.stringify(field.default).replaceAll('"', "")}\`.`;
  // Omits what the value's own name already says.
  const known = field.title !== undefined && field.description === SCALARS.get(field.title);
  const text = known ? "" : sentence(field.description ?? "");
  return `${needed ? "**Required.** " : ""}${text}${assumed}`.trim();
}

function sentence(text: string): string {
  if (text === "") return "";
  return /[.…:]$/.test(text) ? text : `${text}.`;
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| \`${row.field}\` | ${cell(row.value)} | ${cell(row.meaning)} |`);
  return ["| field | value | meaning |", "| --- | --- | --- |", ...lines].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");
}
