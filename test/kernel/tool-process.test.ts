import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveIptables } from "../../src/resources/iptables/apply.ts";
import { runTool } from "../../src/apply/run-tool.ts";
import { startTool } from "../../src/kernel/tool-process.ts";
import { closeNetns, createNetns, removeNetns } from "../../src/kernel/netns.ts";
import { ListingTable } from "../../src/resources/listings.ts";
import type { NetnsHandle } from "../../src/kernel/netns.ts";

const isRoot = process.getuid?.() === 0;
const name = `tooltest${process.pid}`;
const { keep } = new ListingTable();
let netns: NetnsHandle;

beforeAll(() => {
  if (isRoot) netns = createNetns(name);
});
afterAll(() => {
  if (!isRoot) return;
  closeNetns(netns);
  removeNetns(name);
});

const sh = (script: string, input = "") => runTool(netns, ["sh", "-c", script], input);

test.skipIf(!isRoot)("input, both outputs and the exit code of a tool, in the namespace", async () => {
  const { exitCode, stdout, stderr, timedOut } = await sh(
    "cat; echo to stderr >&2; ip -o link | wc -l; exit 7",
    "in\n",
  );
  expect({ exitCode, stdout, stderr, timedOut }).toEqual({
    exitCode: 7,
    stdout: "in\n1\n",
    stderr: "to stderr\n",
    timedOut: false,
  });
});

test.skipIf(!isRoot)("megabytes in and out", async () => {
  const text = "0123456789abcdef".repeat(200_000);
  const { stdout } = await sh("cat", text);
  expect(stdout === text).toBe(true);
});

test.skipIf(!isRoot)("pieces in and lines out, some of them longer than what is read at a time", async () => {
  const lines = ["", "für", ...[1000, 70_000, 200_000].map((length) => "é".repeat(length)), "no line feed at its end"];
  let got: readonly string[] = [];
  const result = await runTool(netns, ["cat"], lines.join("\n"), (some) => (got = [...some]));
  expect(got).toEqual(lines);
  expect(result.stdout).toBe("");
  const { stdout } = await runTool(netns, ["cat"], lines);
  expect(stdout === lines.join("")).toBe(true);
});

test.skipIf(!isRoot)("signals are as by default, none is blocked, in a process group of its own", async () => {
  const { stdout } = await sh("grep -E '^Sig(Blk|Ign)' /proc/self/status; ps -o pgid= -p $$; echo $$");
  const [blocked, ignored, group, pid] = stdout.trim().split("\n");
  const ordinary = (line = ""): bigint => BigInt(`0x${line.split("\t")[1]}`) & 0x7fff_ffffn; // 32 and 33 are libc's own
  expect(ordinary(blocked)).toBe(0n);
  expect(ordinary(ignored)).toBe(0n);
  expect(Number(group)).toBe(Number(pid));
});

test.skipIf(!isRoot)("a signal, and a program that is not there", async () => {
  expect((await sh("kill -9 $$")).exitCode).toBeNull();
  const { exitCode, stderr } = await runTool(netns, ["no-such-tool"]);
  expect(exitCode).toBe(127);
  expect(stderr).toContain("no-such-tool");
});

test("an input that cannot be had leaves no descriptor", () => {
  const input = new Set(["text"]).values().map((): string => {
    throw new Error("no input");
  });
  const descriptors = readdirSync("/proc/self/fd").length;
  expect(() => startTool("/bin/true", ["true"], [], input)).toThrow("no input");
  expect(readdirSync("/proc/self/fd").length).toBe(descriptors);
});

test.skipIf(!isRoot)("many at once leave no descriptor and no child", async () => {
  const descriptors = readdirSync("/proc/self/fd").length;
  const ended = await Promise.all(Array.from({ length: 20 }, (_, i) => sh(`exit ${i}`)));
  expect(ended.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(descriptors);
  const children = execFileSync("ps", ["--ppid", String(process.pid), "-o", "stat="], { encoding: "utf8" });
  expect(children).not.toContain("Z");
});

test.skipIf(!isRoot)("a listing of iptables that is not whole is read once more, then named", async () => {
  const folder = mkdtempSync(join(tmpdir(), "half-"));
  const path = process.env["PATH"] ?? "";
  // Writes half of its table as often as `times` says.
  const fake = (program: string, times: number): void =>
    writeFileSync(
      join(folder, program),
      `#!/bin/sh\necho x >>${folder}/${program}.calls\necho '*nat'; echo ':OUTPUT ACCEPT [0:0]'\n` +
        `[ "$(wc -l <${folder}/${program}.calls)" -gt ${times} ] || exit 0\necho '-A OUTPUT -j RETURN'; echo COMMIT\n`,
      { mode: 0o755 },
    );
  fake("iptables-save", 1);
  fake("ip6tables-save", 2);
  process.env["PATH"] = `${folder}:${path}`;
  try {
    expect(await saveIptables(netns, "ipv4", keep)).toEqual({
      nat: { OUTPUT: { policy: "ACCEPT", rules: ["-j RETURN"] } },
    });
    await expect(saveIptables(netns, "ipv6", keep)).rejects.toThrow("ip6tables-save wrote only part of the rules");
  } finally {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  }
});
