/** Schemas that are built when a value is parsed with them: a lab uses few, and building all takes longer than reading it. */
import * as z from "zod";

/** `build`: a schema that requires a value, called once. Describe its contents or its container: a description copies the schema. */
export function lazy<T extends z.ZodType>(build: () => T): z.ZodLazy<T> {
  let built: T | undefined;
  const schema = z.lazy(() => (built ??= build()));
  // What a map reads from the schemas of all its values, present or not; z.lazy() would build them for it.
  for (const key of ["optin", "optout"]) Object.defineProperty(schema._zod, key, { value: undefined });
  return schema;
}
