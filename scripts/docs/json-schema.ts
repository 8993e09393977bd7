/** What the pages need from a JSON Schema: its objects, and its values as text. */

export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number)[];
  readonly default?: string | number | boolean | object;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/** An object inside a schema; `suffix` is how one gets to it: "" itself, `[]` an element, `.NAME` an entry of a map. */
export interface NestedObject {
  readonly suffix: string;
  readonly schema: Schema & { readonly properties: Readonly<Record<string, Schema>> };
}

export function alternatives(schema: Schema): readonly Schema[] {
  const choices = schema.anyOf ?? schema.oneOf;
  return choices === undefined ? [schema] : choices.flatMap(alternatives);
}

/** The objects with named fields in it, through lists, maps and alternatives. */
export function objectsIn(schema: Schema): readonly NestedObject[] {
  return alternatives(schema).flatMap((one): readonly NestedObject[] => {
    const { properties, items, additionalProperties } = one;
    if (properties !== undefined) return [{ suffix: "", schema: { ...one, properties } }];
    if (items !== undefined) return objectsIn(items).map((inner) => ({ ...inner, suffix: `[]${inner.suffix}` }));
    if (typeof additionalProperties === "object")
      return objectsIn(additionalProperties).map((inner) => ({ ...inner, suffix: `.NAME${inner.suffix}` }));
    return [];
  });
}

/** Whether `all` has every field of `part`, whatever is required or assumed when absent. */
export function hasFieldsOf(all: Schema, part: Schema): boolean {
  return Object.entries(part.properties ?? {}).every(([name, field]) => {
    const other = all.properties?.[name];
    return other !== undefined && shape(other) === shape(field);
  });
}

function shape(schema: Schema): string {
  const { default: _assumed, ...rest } = schema;
  return JSON.stringify(rest);
}

/** `list of text`, `` `a` or `b` ``, `number 1–65535`; `link` makes a link of the name of a scalar or of `object`. */
export function valueWords(schema: Schema, link: (name: string) => string): string {
  return joined(choices(schema, link));
}

function choices(schema: Schema, link: (name: string) => string): readonly string[] {
  if (schema.title !== undefined) return [link(schema.title)];
  const several = alternatives(schema);
  const words =
    several.length === 1 ? plainWords(several[0] ?? schema, link) : several.flatMap((one) => choices(one, link));
  return [...new Set(words)];
}

function plainWords(schema: Schema, link: (name: string) => string): readonly string[] {
  const { type, items, properties, additionalProperties } = schema;
  if (schema.const !== undefined) return [`\`${JSON.stringify(schema.const).replaceAll('"', "")}\``];
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``);
  if (type === "null") return [];
  if (type === "boolean") return ["`true`", "`false`"];
  if (type === "integer" || type === "number") return [`number${rangeWords(schema)}`];
  if (type === "string") return ["text"];
  if (items !== undefined) return [`list of ${valueWords(items, link)}`];
  if (properties !== undefined) return [link("object")];
  if (typeof additionalProperties === "object") return [`map of names to ${valueWords(additionalProperties, link)}`];
  return ["any value"];
}

function rangeWords({ minimum, maximum }: Schema): string {
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum === undefined || minimum < -1e9) return bounded ? ` ≤ ${maximum}` : "";
  return bounded ? ` ${minimum}–${maximum}` : ` ≥ ${minimum}`;
}

function joined(words: readonly string[]): string {
  if (words.length < 3) return words.join(" or ");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
