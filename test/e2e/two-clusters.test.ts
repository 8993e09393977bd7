/**
 * Two clusters in one lab: their pods reach each other as the router's routes allow, and each is changed by itself.
 */
import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "two-clusters";
const FILE = "labs/two-clusters.yaml";
const FLAT = "flat-clusters";

afterEach(async () => {
  for (const name of [NAME, FLAT]) {
    if (tracesOf(name).length > 0) await cli(["down", name]);
    expect(tracesOf(name)).toEqual([]);
  }
});

async function run(...args: string[]): Promise<string> {
  const result = await cli(args);
  expect({ args, code: result.code, stderr: result.stderr }).toEqual({ args, code: 0, stderr: "" });
  return result.stdout;
}

/** Pods of web by the names of their namespaces on the host. */
const web = (): string[] =>
  execFileSync("ip", ["netns", "list"], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => /^two-clusters\.(\w+\.node\d)\.default\.web-\S+/.exec(line)?.[1] ?? [])
    .toSorted();

test("checks across two clusters, targets in both, and changes that concern one", async () => {
  await run("up", FILE);
  expect(web()).toEqual(["east.node1", "east.node2", "west.node1"]);
  expect(await run("exec", NAME, "west.node1", "--", "cat", "/etc/hostname")).toBe("node1\n");
  expect(await run("exec", NAME, "pod/probe", "--", "cat", "/etc/resolv.conf")).toContain("10.97.0.10");
  expect(await run("exec", NAME, "router", "--", "ip", "route")).toContain("10.245.0.0/24 via 192.168.51.11 dev eth1");
  const ambiguous = await cli(["scale", NAME, "deploy/web", "--replicas", "2"]);
  expect(ambiguous.code).toBe(2);
  expect(ambiguous.stderr).toContain("name one of them: east.deploy/web or west.deploy/web");
  await run("scale", NAME, "west.deploy/web", "--replicas", "2");
  expect(web()).toEqual(["east.node1", "east.node2", "west.node1", "west.node1"]);
  await run("delete", NAME, "west.netpol/own-pods-only");
  const checks = await cli(["check", NAME, "--only", "west's policy denies the client of east"]);
  expect(checks.code).toBe(1);
  // The policy is there again, as the checks say; the file gives no number of replicas, so that stays.
  await run("up", FILE);
  expect(web()).toHaveLength(4);
});

test("three clusters, two of them on one switch: explain and modes name the cluster and the source that arrives", async () => {
  await run("up", `labs/${FLAT}.yaml`);
  expect(await run("explain", FLAT, "north.pod/client", "west.node1:30080")).toMatch(
    /^north.pod\/client \(10.244.0.2, there 192.168.52.11\) → .*\n {2}decided on west.node1, mode nftables/,
  );
  expect(await run("explain", FLAT, "east.pod/client", "west.svc/open:80")).toMatch(
    /decided on east.node1, mode iptables\n {2}Kubernetes: left alone/,
  );
  expect(await run("modes", FLAT)).toContain("west.svc/open:80, 15 connections");
});
