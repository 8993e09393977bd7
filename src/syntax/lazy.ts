/** Schemas that are built when a value is parsed with them: a lab uses few, and building all takes longer than reading it. */
import * as z from "zod";

/** `build`: a schema that asks for a value, called once. Describe what is in it, or what it is in: a description copies the schema. */
export function lazy<T extends z.ZodType>(build: () => T): z.ZodLazy<T> {
  let built: T | undefined;
  const schema = z.lazy(() => (built ??= build()));
  // What a map asks of all its values, whether they are there or not; z.lazy() would build them for it.
  for (const key of ["optin", "optout"]) Object.defineProperty(schema._zod, key, { value: undefined });
  return schema;
}
