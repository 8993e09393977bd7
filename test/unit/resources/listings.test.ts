import { expect, test } from "vitest";
import { ListingTable } from "../../../src/resources/listings.ts";

test("what two tables have in common is numbered once, sent once and the very same afterwards", () => {
  const table = new ListingTable();
  const a = table.numbersOf({ X: ["-j A", "-j B"], Y: [], Z: ["-j C"] });
  expect(a).toEqual([[0, 3]]);
  const first = table.news();
  const b = table.numbersOf({ X: ["-j A", "-j B"], Y: ["-j D"], Z: ["-j C"] });
  expect(b).toEqual([
    [0, 1],
    [3, 1],
    [2, 1],
  ]);
  const other = new ListingTable();
  other.learn(first);
  other.learn(table.news());
  expect(table.news()).toEqual([]);
  for (const one of [table, other]) {
    expect(one.at(b)).toEqual({ X: ["-j A", "-j B"], Y: ["-j D"], Z: ["-j C"] });
    expect(one.at(a)["X"]).toBe(one.at(b)["X"]);
    expect(one.numbersOf({ Y: [], X: ["-j A", "-j B"] })).toEqual([
      [1, 1],
      [0, 1],
    ]);
  }
});

test("names and lines of any kind come back", () => {
  const table = new ListingTable();
  const odd = Object.fromEntries([
    ["__proto__", ["a"]],
    ["empty", [""]],
    ["none", []],
  ]);
  expect(Object.entries(table.at(table.numbersOf(odd)))).toEqual(Object.entries(odd));
});
