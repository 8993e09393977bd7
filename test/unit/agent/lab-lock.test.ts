import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, chmodSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LabLock } from "../../../src/agent/lab-lock.ts";
import { lockHolder, prepareParent, recordedLabs } from "../../../src/agent/state-folder.ts";
import { HostError } from "../../../src/errors.ts";

let folder = "";
let parent = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-lock-"));
  parent = join(folder, "labs");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("one holder at a time, who is known by pid; another lab is another lock", () => {
  const lock = LabLock.acquire(parent, "x");
  expect(lockHolder(parent, "x")).toBe(process.pid);
  expect(() => LabLock.acquire(parent, "x")).toThrow(`pid ${process.pid}`);
  const other = LabLock.acquire(parent, "y");
  expect(recordedLabs(parent)).toEqual(["x", "y"]);
  lock.release();
  expect(lockHolder(parent, "x")).toBeNull();
  expect(existsSync(join(parent, "x.lock"))).toBe(true);
  LabLock.acquire(parent, "x").remove();
  expect(recordedLabs(parent)).toEqual(["y"]);
  other.remove();
  expect(existsSync(parent)).toBe(false);
});

test("a folder that others can open, or a link in its place, is refused", () => {
  mkdirSync(parent);
  chmodSync(parent, 0o755);
  expect(() => prepareParent(parent)).toThrow(HostError);
  chmodSync(parent, 0o700);
  prepareParent(parent);
  symlinkSync(parent, join(folder, "link"));
  expect(() => prepareParent(join(folder, "link"))).toThrow("a symbolic link");
});

test("a lock that is not a file is refused, without waiting for it or following it", () => {
  prepareParent(parent);
  const path = join(parent, "x.lock");
  const elsewhere = join(folder, "elsewhere");
  const inItsPlace: [string, () => void][] = [
    ["a named pipe", () => execFileSync("mkfifo", [path])],
    ["a symbolic link", () => symlinkSync(folder, path)],
    ["a folder", () => mkdirSync(path)],
  ];
  for (const [kind, make] of inItsPlace) {
    make();
    expect(() => LabLock.acquire(parent, "x")).toThrow(`${path} is ${kind}, not a file of yours`);
    expect(lockHolder(parent, "x")).toBeNull();
    rmSync(path, { recursive: true });
  }
  // A link that leads nowhere makes no file there.
  symlinkSync(elsewhere, path);
  expect(() => LabLock.acquire(parent, "x")).toThrow(HostError);
  expect(existsSync(elsewhere)).toBe(false);
});
