/** Parts of manifests that may have any shape yet. */
import type { Path } from "../syntax/path.ts";

export type ObjectValue = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is ObjectValue {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const metadataOf = ({ metadata }: ObjectValue): ObjectValue => (isObject(metadata) ? metadata : {});

/** If it is text. */
export function nameOf(value: ObjectValue): string {
  const { name } = metadataOf(value);
  return typeof name === "string" ? name.slice(0, 253) : "";
}

export function namespaceOf(value: ObjectValue): string {
  const { namespace } = metadataOf(value);
  return typeof namespace === "string" && namespace !== "" ? namespace : "default";
}

/** The value at a path of maps. */
export function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const element of path) found = isObject(found) ? found[element] : undefined;
  return found;
}

/** Of a map these keys only; what is not a map is kept, so that the schema reports it. */
export function pick(value: unknown, keys: readonly string[]): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

export const list = (value: unknown, each: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(each) : value;
