import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { mustBeWritable } from "../../../src/cli/writable.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "writable-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

test("places that can be written pass, and nothing is left of the trial", () => {
  mustBeWritable({ junit: "a/b/junit.xml", artifacts: "c/d" }, { cwd }, ["junit"]);
  expect(existsSync(join(cwd, "a"))).toBe(false);
  expect(existsSync(join(cwd, "c"))).toBe(false);
});

test("a report that already exists stays as it is until the new one is written", () => {
  writeFileSync(join(cwd, "junit.xml"), "<old/>");
  mustBeWritable({ junit: "junit.xml" }, { cwd }, ["junit"]);
  expect(readFileSync(join(cwd, "junit.xml"), "utf8")).toBe("<old/>");
});

test("a device is a file to write to", () => {
  mustBeWritable({ junit: "/dev/null" }, { cwd }, ["junit"]);
});

test.each([
  ["a folder in place of a report", { junit: "folder" }, "it is a folder"],
  ["a file in place of a folder", { artifacts: "file" }, "it is not a folder"],
  ["a file on the way", { artifacts: "file/x" }, "not a folder"],
  ["a file system of the kernel's", { artifacts: "/proc/nope" }, "it cannot be created there"],
  ["a folder in place of SARIF", { sarif: "folder" }, "--sarif"],
  ["a folder in place of a baseline", { save: "folder" }, "--save"],
  ["a folder in place of a capture", { write: "folder" }, "--write"],
  ["a file system of the kernel's, for a report", { junit: "/proc/nope/junit.xml" }, "it cannot be created there"],
])("%s is refused", (_, options, why) => {
  mkdirSync(join(cwd, "folder"));
  writeFileSync(join(cwd, "file"), "");
  expect(() => mustBeWritable(options, { cwd }, ["junit"])).toThrow(UsageError);
  expect(() => mustBeWritable(options, { cwd }, ["junit"])).toThrow(why);
});
