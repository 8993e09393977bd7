/** Whether two resources are equivalent, apart from their causes and from values that matter at the start only. */
import type { Resource } from "./resource.ts";

const NOT_COMPARED: ReadonlySet<string> = new Set(["cause", "startEnv"]);

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
    );
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  // An undefined key is the same as none: JSON, in which the agent keeps resources, has no undefined.
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
    if (!NOT_COMPARED.has(key) && !equal(left[key], right[key])) return false;
  return true;
}

export function sameSpec(a: Resource, b: Resource): boolean {
  return equal(a, b);
}
