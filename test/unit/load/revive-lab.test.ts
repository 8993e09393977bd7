/** What a version does with the record of a lab that another one stored: see labs/docs/compatibility.md. */
import { expect, test } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { RECORD_FORMAT, reviveLab } from "../../../src/load/revive-lab.ts";

const lab = { name: "old", checks: [] };

test("a record of this format is taken", () => {
  expect(reviveLab({ lab, format: RECORD_FORMAT, version: "0.2.0" })).toEqual(lab);
});

test.each([
  ["of 0.1.0, which wrote no number", undefined, "0.1.0"],
  ["of a later format", RECORD_FORMAT + 1, "9.0.0"],
])("a record %s is refused, with what to do", (_which, format, version) => {
  const refused = (): unknown => reviveLab({ lab, format, version });
  expect(refused).toThrow(UsageError);
  expect(refused).toThrow(`lab old was built by k8snet-lab ${version}, whose record this version cannot use`);
  try {
    refused();
  } catch (error) {
    expect((error as UsageError).hint).toContain("k8snet-lab down old");
  }
});
