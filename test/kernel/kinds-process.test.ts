import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { probeFeatures } from "../../src/kernel/features.ts";
import { enterNetns, deferInNetns, flushNetns } from "../../src/kernel/netns.ts";
import { findProcesses, isRunning, killProcesses, signalProcess, startTimeOf } from "../../src/kernel/process.ts";
import { useNamespaces } from "./namespaces.ts";

const lab = useNamespaces("process");
const children: ChildProcess[] = [];
const mark = `KERN_TEST=${process.pid}`;

function sleeper(ns?: string): number {
  const start = (): ChildProcess =>
    spawn("sleep", ["60"], {
      stdio: "ignore",
      env: { PATH: process.env["PATH"], ...(ns === undefined ? { KERN_TEST: String(process.pid) } : {}) },
    });
  const child = ns === undefined ? start() : enterNetns(lab.netns(ns), start);
  children.push(child);
  return child.pid ?? 0;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

test("processes are found by namespace and by environment, and nothing else is", () => {
  lab.make("a", "b");
  const [inA, inB, marked, other] = [sleeper("a"), sleeper("b"), sleeper(), spawnPlain()];
  const pids = (query: Parameters<typeof findProcesses>[0]): number[] =>
    findProcesses(query)
      .map((one) => one.pid)
      .sort((one, two) => one - two);
  expect(pids({ inodes: new Set([lab.netns("a").inode]) })).toEqual([inA]);
  expect(pids({ inodes: new Set([lab.netns("a").inode, lab.netns("b").inode]), environment: mark })).toEqual(
    [inA, inB, marked].sort((one, two) => one - two),
  );
  expect(pids({ environment: mark.slice(0, -1) })).toEqual([]);
  expect(pids({})).toEqual([]);
  expect(other).toBeGreaterThan(0);
});

test("a pid that now belongs to another process is left alone", () => {
  const pid = sleeper();
  const startTime = startTimeOf(pid) ?? 0;
  expect(signalProcess({ pid, startTime: startTime - 1 }, "SIGKILL")).toBe(false);
  expect(isRunning({ pid, startTime })).toBe(true);
  expect(signalProcess({ pid, startTime }, "SIGKILL")).toBe(true);
});

test("all of them are killed, also those that ignore SIGTERM; twice does no harm", async () => {
  lab.make("a");
  sleeper("a");
  const stubborn = enterNetns(lab.netns("a"), () => spawn("sh", ["-c", "trap '' TERM; sleep 60"], { stdio: "ignore" }));
  children.push(stubborn);
  const query = { inodes: new Set([lab.netns("a").inode]) };
  expect(await killProcesses(query)).toEqual([]);
  expect(findProcesses(query)).toEqual([]);
  expect(await killProcesses(query)).toEqual([]);
});

test("features: what a lab cannot do without is there, and nothing is left", () => {
  const features = probeFeatures();
  for (const name of ["netns", "veth", "bridge", "vxlan", "ipv4", "ipv6", "iptables nat", "policy routing"]) {
    expect({ name, ...features[name] }).toMatchObject({ name, ok: true });
  }
  expect(Object.values(features).every((one) => one.detail !== "")).toBe(true);
  expect(probeFeatures(["veth"])).toEqual({
    netns: { ok: true, detail: "works" },
    veth: { ok: true, detail: "works" },
  });
});

test("pending work is done before the namespace is used; what fails stays pending", () => {
  lab.make("a");
  const done: number[] = [];
  let broken = true;
  deferInNetns(lab.netns("a"), () => void done.push(1));
  deferInNetns(lab.netns("a"), () => {
    if (broken) throw new Error("not yet");
    done.push(2);
  });
  expect(() => enterNetns(lab.netns("a"), () => done.push(3))).toThrow("not yet");
  broken = false;
  enterNetns(lab.netns("a"), () => done.push(4));
  flushNetns();
  expect(done).toEqual([1, 2, 4]);
});

function spawnPlain(): number {
  const child = spawn("sleep", ["60"], { stdio: "ignore", env: { PATH: process.env["PATH"] } });
  children.push(child);
  return child.pid ?? 0;
}
