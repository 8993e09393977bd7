import { expect, test } from "vitest";
import { meaningOf } from "../../../src/kube/left-out-kinds.ts";
import { MANIFEST_KINDS } from "../../../src/kube/registry.ts";

test("no kind that is built here is listed as left out", () => {
  const both = MANIFEST_KINDS.filter(({ apiVersion, kind }) => meaningOf(apiVersion, kind) === "none");
  expect(both.map(({ kind }) => kind)).toEqual([]);
});
