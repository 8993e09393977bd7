import { expect, test } from "vitest";
import { jsonPieces } from "../../../../src/cli/inspect/json-pieces.ts";

test("pieces are together what JSON.stringify writes", () => {
  const value = {
    lab: { name: "x", title: undefined },
    none: {},
    list: [],
    text: 'two\nlines "quoted"',
    gone: undefined,
    nothing: null,
    namespaces: { n1: { links: [{ name: "eth0", up: true }], routes: [] }, n2: [1, [2]] },
  };
  const pieces = [...jsonPieces(value)];
  expect(pieces.join("")).toBe(JSON.stringify(value, null, 2));
  expect(pieces.length).toBeGreaterThan(10);
  expect([...jsonPieces({})].join("")).toBe("{}");
});
