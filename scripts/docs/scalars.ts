/** The scalars of lab files that have a name of their own, and what they look like. */
import * as z from "zod";
import * as scalars from "../../src/syntax/scalar.ts";

/** Description by title: `duration` → `500ms, 5s, 1m; a number is seconds`. */
export const SCALARS: ReadonlyMap<string, string> = new Map(
  Object.values(scalars)
    .flatMap((scalar): [string, string][] => {
      const meta = scalar instanceof z.ZodType ? scalar.meta() : undefined;
      return meta?.title === undefined ? [] : [[meta.title, meta.description ?? ""]];
    })
    .toSorted(([a], [b]) => a.localeCompare(b)),
);
