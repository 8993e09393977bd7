import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectAgent } from "../../../src/agent/connect.ts";
import { folderTrouble, socketTrouble } from "../../../src/agent/own-folder.ts";
import { labTrouble, mustBeIntact, prepareParent, recordedLabs } from "../../../src/agent/state-folder.ts";

const OTHER = 54_321;
let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "own-folder-"));
  path = join(folder, "labs");
});
afterEach(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;

test("a folder that only we can open, on a road that only we and root can change, is trusted", () => {
  mkdirSync(path, { mode: 0o700 });
  expect(folderTrouble(path)).toBeUndefined();
  expect(recordedLabs(path)).toEqual([]);
});

test("what is not there is no trouble: there are no labs", () => {
  expect(recordedLabs(path)).toEqual([]);
});

test.each([
  ["a file", () => writeFileSync(path, "")],
  ["a symbolic link", () => symlinkSync(folder, path)],
  ["a symbolic link", () => symlinkSync("/nowhere", path)],
  ["a named pipe", () => execFileSync("mkfifo", [path])],
])("%s in its place is refused before it is opened", (kind, make) => {
  make();
  expect(() => recordedLabs(path)).toThrow(kind);
  expect(() => prepareParent(path)).toThrow(kind);
});

test("a folder that others can open is refused", () => {
  mkdirSync(path);
  chmodSync(path, 0o711);
  expect(() => recordedLabs(path)).toThrow("can be opened by others (mode 711)");
});

test("what is not what it should be in the place of a part of a lab is seen without being opened", () => {
  mkdirSync(join(path, "x"), { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  writeFileSync(join(path, "x.lock"), "");
  expect(labTrouble(path, "x")).toBeUndefined();
  for (const part of ["x.lock", "x/agent.sock", "x/journal.jsonl", "x/lab.json", "x/agent.log", "x/record.json"]) {
    rmSync(join(path, "x.lock"), { force: true });
    for (const [kind, make] of [
      ["a named pipe", (at: string) => execFileSync("mkfifo", [at])],
      ["a symbolic link", (at: string) => symlinkSync("/nowhere", at)],
      ["a folder", (at: string) => mkdirSync(at)],
    ] as const) {
      make(join(path, part));
      expect(labTrouble(path, "x")).toContain(`${join(path, part)} is ${kind}`);
      expect(() => mustBeIntact(path, "x")).toThrow(kind);
      rmSync(join(path, part), { recursive: true });
    }
  }
  chmodSync(join(path, "x"), 0o755);
  expect(labTrouble(path, "x")).toContain("can be opened by others (mode 755)");
  chmodSync(path, 0o755);
  expect(() => mustBeIntact(path, "x")).toThrow(`${path} can be opened by others`);
});

test("files without a lab's name are not labs", () => {
  mkdirSync(path, { mode: 0o700 });
  for (const name of ["x.lock", "notes.txt", "UPPER", ".hidden"]) writeFileSync(join(path, name), "");
  expect(recordedLabs(path)).toEqual(["x"]);
});

test("a folder below one that others can write is refused, unless that is sticky", () => {
  mkdirSync(path, { mode: 0o700 });
  chmodSync(folder, 0o777);
  expect(folderTrouble(path)).toContain("not sticky");
  chmodSync(folder, 0o1777);
  expect(folderTrouble(path)).toBeUndefined();
});

test.runIf(isRoot)("another user's folder is refused, and one below another user's", () => {
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, OTHER, OTHER);
  expect(folderTrouble(path)).toContain(`another user (uid ${OTHER})`);
  mkdirSync(join(path, "labs"), { mode: 0o700 });
  expect(folderTrouble(join(path, "labs"))).toContain(`another user (uid ${OTHER})`);
});

test.runIf(isRoot)("another user's socket is not spoken to", async () => {
  mkdirSync(path, { mode: 0o700 });
  const captured: Buffer[] = [];
  const server = createServer((socket) => socket.on("data", (data) => captured.push(data)));
  const socket = join(path, "agent.sock");
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o600);
  expect(socketTrouble(socket)).toBeUndefined();
  chmodSync(socket, 0o622);
  expect(socketTrouble(socket)).toContain("is open to others");
  chmodSync(socket, 0o600);
  chownSync(socket, OTHER, OTHER);
  await expect(connectAgent(socket)).rejects.toThrow(`another user (uid ${OTHER})`);
  expect(captured).toEqual([]);
  server.close();
});
