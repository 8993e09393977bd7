/**
 * What the kinds themselves cost: N pods on one bridge by direct calls, beside the raw-netlink floor in C, in turn.
 *
 *   node test/bench/kernel-pods.ts [N …] [--rounds R]     K8SNET_BENCH_SHARED: folder with netlink_floor.c
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ApplyContext } from "../../src/apply/kind.ts";
import { addr } from "../../src/resources/addr/apply.ts";
import { bridge } from "../../src/resources/bridge/apply.ts";
import { netns } from "../../src/resources/netns/apply.ts";
import { ownRoute as route } from "../../src/resources/route/apply.ts";
import { veth } from "../../src/resources/veth/apply.ts";
import { observeNamespace } from "../../src/apply/observe-namespace.ts";
import type { NetnsHandle, NetnsIdentity } from "../../src/kernel/netns.ts";
import type { AddrResource } from "../../src/resources/addr/definition.ts";
import type { NetnsResource } from "../../src/resources/netns/definition.ts";
import type { Resource } from "../../src/resources/resource.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const shared = process.env["K8SNET_BENCH_SHARED"] ?? join(root, "../shared/bench");
const roundsAt = process.argv.indexOf("--rounds");
const rounds = roundsAt < 0 ? 3 : Number(process.argv[roundsAt + 1]);
const sizes = process.argv.slice(2, roundsAt < 0 ? undefined : roundsAt).map(Number);

const base = (ns: string) => ({ id: ns, ns, node: ns, cause: { object: "bench", reason: "bench" } });
const podAddress = (i: number): string => `10.244.${(i + 2) >> 8}.${(i + 2) & 255}`;
const namespace = (ns: string): NetnsResource => ({ kind: "netns", role: "pod", ...base(ns) });
const address = (ns: string, dev: string, ip: string): AddrResource => ({
  kind: "addr",
  family: "ipv4",
  dev,
  address: `${ip}/16`,
  ...base(ns),
});

function build(n: number): Record<string, number> {
  const handles = new Map<string, NetnsHandle>();
  const identities = new Map<string, NetnsIdentity>();
  const context: ApplyContext = {
    lab: "kernelbench",
    netns(ns) {
      const handle = handles.get(ns);
      if (handle === undefined) throw new Error(`no ${ns}`);
      return handle;
    },
    find: () => undefined,
    identities: { get: (id) => identities.get(id), keep: (id, one) => void identities.set(id, one) },
    registerNetns: (ns, handle) => void handles.set(ns, handle),
    forgetNetns: (ns) => void handles.delete(ns),
  };
  const pods = Array.from({ length: n }, (_, i) => `pod${i}`);
  const marks: [string, number][] = [["", performance.now()]];
  const mark = (name: string): void => void marks.push([name, performance.now()]);
  try {
    for (const ns of ["node", ...pods]) netns.create(namespace(ns), context);
    mark("netns");
    bridge.create({ kind: "bridge", name: "cni0", stp: false, up: true, ...base("node") }, context);
    addr.create(address("node", "cni0", "10.244.0.1"), context);
    pods.forEach((ns, i) => {
      const peer = { ns: "node", node: "node", name: `v${i}`, master: "cni0", up: true };
      veth.create({ kind: "veth", name: "eth0", up: true, peer, ...base(ns) }, context);
    });
    mark("veth");
    const route4 = {
      kind: "route",
      family: "ipv4",
      to: "0.0.0.0/0",
      type: "unicast",
      via: "10.244.0.1",
      onlink: false,
      table: 254,
    } as const;
    pods.forEach((ns, i) => {
      addr.create(address(ns, "eth0", podAddress(i)), context);
      route.create({ ...route4, ...base(ns) }, context);
    });
    mark("config");
    for (const handle of handles.values()) observeNamespace(handle, { sysctls: [] });
    mark("observe");
  } finally {
    for (const resource of ["node", ...pods].map(namespace) satisfies Resource[]) netns.remove(resource, context);
    mark("down");
  }
  return Object.fromEntries(marks.slice(1).map(([name, at], i) => [name, at - (marks[i]?.[1] ?? at)]));
}

/** The kernel takes namespaces down in the background; who comes next must not pay for it. Milliseconds. */
const pause = (n: number): number => 500 + n * 4;

const folder = mkdtempSync(join(tmpdir(), "k8snet-kernel-bench-"));
try {
  const floor = join(folder, "floor");
  const compiled = spawnSync("gcc", ["-O2", "-o", floor, join(shared, "netlink_floor.c")], { encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(`cannot compile the floor: ${compiled.stderr}`);
  for (const n of sizes.length > 0 ? sizes : [50, 200, 1000]) {
    for (let round = 0; round < rounds; round += 1) {
      await sleep(pause(n));
      const theirs = spawnSync(floor, [String(n)], { encoding: "utf8", timeout: 60_000 }).stdout.trim();
      await sleep(pause(n));
      const ours = build(n);
      const up = (ours["netns"] ?? 0) + (ours["veth"] ?? 0) + (ours["config"] ?? 0);
      const parts = Object.entries(ours).map(([name, ms]) => `${name}=${ms.toFixed(0)}`);
      console.log(`kinds n=${n} up=${up.toFixed(0)}ms (${parts.join(" ")})  |  ${theirs}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
