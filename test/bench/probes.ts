/**
 * How many probes a second, and how much memory: N pods on one bridge, every pod to every pod, servers and probes in
 * this one process. `node test/bench/probes.ts [PODS=200] [KIND=tcp|http|udp] [SERVERS=0]`
 *
 * A full mesh of 200 pods on one subnet needs 40,000 neighbour entries, far more than the host's global table holds
 * (gc_thresh3, 1024 by default). The pods have /32 addresses and reach each other through a router instead: one
 * permanent neighbour entry each, and permanent entries do not count.
 */
import { execFileSync } from "node:child_process";
import { startServer } from "../../src/services/serve/server.ts";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import type { Probe } from "../../src/services/probe/protocol.ts";
import { closeNetns, createNetns, enterNetns, removeNetns } from "../../src/kernel/netns.ts";
import type { NetnsHandle } from "../../src/kernel/netns.ts";

const [pods = 200, kind = "tcp", extraServers = 0] = [
  Number(process.argv[2] ?? 200),
  process.argv[3] ?? "tcp",
  Number(process.argv[4] ?? 0),
];
const prefix = `probebench${process.pid}`;
const router = `${prefix}.router`;
const name = (i: number): string => `${prefix}.pod${i}`;
const address = (i: number): string => `10.9.${i >> 8}.${i & 255}`;
const mac = (i: number): string =>
  `02:09:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
const ROUTER_MAC = "02:09:00:00:ff:ff";

function build(): NetnsHandle[] {
  const handles = Array.from({ length: pods }, (_, i) => createNetns(name(i)));
  const lines = ["link set lo up"];
  for (let i = 0; i < pods; i++) {
    lines.push(
      `link add v${i} type veth peer name eth0 address ${mac(i)} netns ${name(i)}`,
      `link set v${i} address ${ROUTER_MAC} up`,
      `route add ${address(i)}/32 dev v${i}`,
      `neigh replace ${address(i)} lladdr ${mac(i)} nud permanent dev v${i}`,
    );
  }
  execFileSync("ip", ["-n", router, "-batch", "-"], { input: lines.join("\n") });
  handles.forEach((handle, i) => {
    const input = [
      "link set lo up",
      "link set eth0 up",
      `addr add ${address(i)}/32 dev eth0`,
      "route add default via 169.254.1.1 dev eth0 onlink",
      `neigh replace 169.254.1.1 lladdr ${ROUTER_MAC} nud permanent dev eth0`,
    ];
    enterNetns(handle, () => execFileSync("ip", ["-batch", "-"], { input: input.join("\n") }));
  });
  execFileSync("ip", ["netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
  return handles;
}

const rss = (): string => `${Math.round(process.memoryUsage.rss() / 1048576)} MB`;
const routerHandle = createNetns(router);
const handles: NetnsHandle[] = [];
try {
  handles.push(...build());
  const before = rss();
  const base = {
    id: "server",
    ns: "bench",
    node: "bench",
    cause: { object: "bench", reason: "bench" },
    kind: "server" as const,
  };
  const servers = handles.map((handle, i) =>
    startServer({ ...base, protocol: kind === "udp" ? "udp" : "tcp", port: 80, hostname: `pod${i}` }, handle),
  );
  const more = Array.from({ length: extraServers }, (_, i) =>
    startServer({ ...base, protocol: "tcp", port: 1000 + i, hostname: "x" }, handles[i % pods] as NetnsHandle),
  );
  console.log(`rss ${before} before, ${rss()} with ${servers.length + more.length} servers`);
  const probes: Probe[] = [];
  for (let from = 0; from < pods; from++) {
    for (let to = 0; to < pods; to++) {
      const common = { ns: String(from), to: address(to), port: 80, timeout: 1000 };
      if (kind === "http") probes.push({ kind: "http", ...common, method: "GET", path: "/", headers: {} });
      else probes.push({ kind: kind === "udp" ? "udp" : "tcp", ...common });
    }
  }
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    const results = await runProbes(probes, (ns) => handles[Number(ns)] as NetnsHandle);
    const seconds = (performance.now() - start) / 1000;
    const used = process.cpuUsage(cpu);
    const right = results.filter((r, i) => r.outcome === "open" && r.hostname === `pod${i % pods}`).length;
    const slowest = Math.max(...results.map((r) => r.ms));
    console.log(
      `${results.length} ${kind} probes in ${seconds.toFixed(2)} s: ${Math.round(results.length / seconds)}/s, ${right} answered rightly, slowest ${slowest.toFixed(0)} ms, rss ${rss()}, user ${(used.user / 1e6).toFixed(2)} s, system ${(used.system / 1e6).toFixed(2)} s`,
    );
  }
  for (const server of [...servers, ...more]) server.stop();
} finally {
  handles.forEach((handle) => closeNetns(handle));
  for (let i = 0; i < pods; i++) removeNetns(name(i));
  closeNetns(routerHandle);
  removeNetns(router);
}
