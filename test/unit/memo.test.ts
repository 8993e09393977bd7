import { expect, test } from "vitest";
import { perObject } from "../../src/memo.ts";

test("made once for each object, and for another one that is equal again", () => {
  const made: string[] = [];
  const countOf = perObject(({ name }: { readonly name: string }) => ({ number: made.push(name) }));
  const one = { name: "a" };
  expect(countOf(one)).toBe(countOf(one));
  expect(countOf({ name: "a" })).toEqual({ number: 2 });
});
