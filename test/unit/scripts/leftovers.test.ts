/** The comparison of the machine before and after finds what a lab must not leave. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { compareHost, OF_LABS, snapshotHost } from "../../../scripts/leftovers.ts";

test("what is new, gone or changed is reported, new sysctls are not", () => {
  const before = { device: ["1: lo"], route: ["default via 10.0.0.1"], sysctl: ["net.a = 1", "net.b = 0"] };
  const after = { device: ["1: lo", "7: veth0"], route: [], sysctl: ["net.a = 2", "net.b = 0", "net.c = 1"] };
  expect(compareHost(before, after)).toEqual([
    "device new: 7: veth0",
    "route gone: default via 10.0.0.1",
    "sysctl gone: net.a = 1",
  ]);
});

test("labs of the machine may come and go while tests run elsewhere", () => {
  const before = { device: ["1: lo"], process: ["7 tcpdump"], "network namespace": [] };
  const after = { device: ["1: lo", "7: veth0"], process: ["9 tcpdump"], "network namespace": ["overlay.node1"] };
  expect(compareHost(before, after, OF_LABS)).toEqual(["device new: 7: veth0"]);
});

test("a process of a lab is seen on the real machine", async () => {
  const child = spawn("sleep", ["30"], { env: { PATH: process.env.PATH, K8SNET_LAB_ID: "scripts-leftovers" } });
  await once(child, "spawn");
  try {
    const { process: found } = await snapshotHost();
    expect(found).toContain(`${child.pid} sleep 30`);
  } finally {
    child.kill();
  }
});
