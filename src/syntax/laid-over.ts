/** A part of a document that changes another. */

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Maps are merged key by key, null removes a key, everything else is replaced. */
export function laidOver(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    if (value === null) delete merged[key];
    else merged[key] = Object.hasOwn(base, key) ? laidOver(base[key], value) : value;
  return merged;
}
