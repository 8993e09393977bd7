import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labNameOf, parseLabArgument } from "../../../src/cli/lab-argument.ts";
import { UsageError } from "../../../src/errors.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-arg-"));
  writeFileSync(join(folder, "plainfile"), "metadata: { name: from-file }\n");
  writeFileSync(
    join(folder, "broken-elsewhere.yaml"),
    "kind: Lab\nmetadata: { name: still-found }\nspec: { nonsense: [ }\n---\n{{{\n",
  );
  writeFileSync(join(folder, "nameless.yaml"), "metadata: { name: '../x' }\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["overlay", { kind: "name", name: "overlay" }],
  ["overlay.yaml", { kind: "file", file: "overlay.yaml" }],
  ["labs/overlay", { kind: "file", file: "labs/overlay" }],
  ["plainfile", { kind: "file", file: "plainfile" }],
])("%s", (text, expected) => {
  expect(parseLabArgument(text, folder)).toEqual(expected);
});

test.each(["Überlab", "a b", "$(id)", "-x", "a".repeat(41)])("neither a name nor a file: %s", (text) => {
  expect(() => parseLabArgument(text, folder)).toThrow(UsageError);
});

test("a file's name is found also when the file is wrong elsewhere", async () => {
  expect(await labNameOf("plainfile", folder)).toBe("from-file");
  expect(await labNameOf("broken-elsewhere.yaml", folder)).toBe("still-found");
});

test("a file without a usable name, and a file that is not there, say what to do", async () => {
  await expect(labNameOf("nameless.yaml", folder)).rejects.toThrow("no metadata.name");
  await expect(labNameOf("missing.yaml", folder)).rejects.toThrow("missing.yaml cannot be read: there is no such file");
});
