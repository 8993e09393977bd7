/**
 * `trace` names the first wrong hop of labs that were broken behind their back, and never another one: under each network plugin,
 * kube-proxy mode and family, with two clusters, and for an ordinary user. Each of the labs meets its share of the breaks, so that
 * all are met; K8SNET_TRACE_BREAKS=all breaks each of them in all ways (a quarter of an hour).
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { getDriver } from "../../src/drivers/registry.ts";
import { TRACE_BREAKS } from "./trace-breaks.ts";
import type { Shape } from "./trace-labs.ts";
import { judgeShape } from "./trace-matrix.ts";
import type { Judged } from "./trace-matrix.ts";

const SHAPES: readonly (Shape & { readonly rootless?: true })[] = [
  { cni: "vxlan", mode: "iptables", policies: "iptables", families: ["ipv4"] },
  { cni: "vxlan", mode: "nftables", policies: "nftables", families: ["ipv6"] },
  { cni: "vxlan", mode: "userspace", policies: "iptables", families: ["ipv4"] },
  { cni: "host-gw", mode: "nftables", policies: "nftables", families: ["ipv4", "ipv6"] },
  { cni: "host-gw", mode: "iptables", policies: "iptables", families: ["ipv4"], second: true },
  { cni: "kindnet", mode: "iptables", policies: "iptables", families: ["ipv4"] },
  { cni: "kindnet", mode: "nftables", policies: "nftables", families: ["ipv6"] },
  { cni: "calico", mode: "iptables", policies: "plugin", families: ["ipv4", "ipv6"] },
  { cni: "kube-router", mode: "iptables", policies: "plugin", families: ["ipv4"] },
  { cni: "cni", mode: "iptables", policies: "iptables", families: ["ipv4"] },
  { cni: "vpc", mode: "iptables", policies: "iptables", families: ["ipv4"] },
  { cni: "vxlan", mode: "iptables", policies: "nftables", families: ["ipv4"], rootless: true },
];
const ALL = process.env["K8SNET_TRACE_BREAKS"] === "all";
const EVERY = ALL ? 1 : SHAPES.length;
/** Milliseconds. */
const LIMIT = ALL ? 1_800_000 : 240_000;

async function asUser(name: string, shape: Shape, first: number): Promise<Judged> {
  const script = new URL("trace-rootless-run.ts", import.meta.url).pathname;
  const argv = [process.execPath, script, name, JSON.stringify(shape), String(EVERY), String(first)];
  const { stdout, stderr } = await promisify(execFile)(
    "setpriv",
    ["--reuid", "1000", "--regid", "1000", "--clear-groups", "--", ...argv],
    { env: { PATH: process.env["PATH"], HOME: "/tmp" } },
  );
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Judged;
}

describe.concurrent("the first wrong hop", () => {
  test.for(SHAPES.map((shape, index) => ({ ...shape, index })))(
    "$cni, $mode, $families, second cluster $second, rootless $rootless",
    { timeout: LIMIT },
    async ({ index, rootless, ...shape }) => {
      const name = `trace-${process.pid}-${index}`;
      const { asked, wrong } =
        rootless === true
          ? await asUser(name, shape, index)
          : await judgeShape(getDriver("netns"), name, shape, (at) => at % EVERY === index % EVERY);
      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(TRACE_BREAKS.length / EVERY / 2);
    },
  );
});
