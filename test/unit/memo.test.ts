import { expect, test } from "vitest";
import { perObject } from "../../src/memo.ts";

test("made once for each object, and for another one that is equal again", () => {
  let made = 0;
  const countOf = perObject((_: { readonly name: string }) => ({ number: ++made }));
  const one = { name: "a" };
  expect(countOf(one)).toBe(countOf(one));
  expect(countOf({ name: "a" })).toEqual({ number: 2 });
});
