/**
 * What policies do at a pod's nearest: its neighbours on cni0, by their link-local addresses too, its own node, and pods of the
 * host's network. Next to each way between nodes.
 *
 *     web, db, lone, host — n1      far — n2        db lets only web in, lone neither hears nor speaks
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import type { Probe } from "../../src/services/probe/protocol.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { agentIds, down, leftovers, up } from "./agent-lab.ts";

const LAB = `policy-near-${process.pid}`;

const pod = (name: string, node: string, more = "", port = 80): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, ${more} containers: [ { name: c, image: x, ports: [ { name: http, containerPort: ${port} } ] } ] } }`;
const policy = (name: string, spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name} }, spec: { podSelector: { matchLabels: { app: ${name} } }, ${spec} } }`;

const text = (backend: string, cni: string): string =>
  [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], cni: ${cni}, networkPolicy: { backend: ${backend} } } } }`,
    pod("web", "n1"),
    pod("db", "n1"),
    pod("lone", "n1"),
    pod("host", "n1", "hostNetwork: true,", 8080),
    pod("far", "n2"),
    policy(
      "db",
      "ingress: [ { from: [ { podSelector: { matchLabels: { app: web } } } ], ports: [ { port: http } ] } ]",
    ),
    policy("lone", "policyTypes: [Ingress, Egress]"),
    // Selects a pod of the host's network only: of no effect.
    policy("host", "policyTypes: [Ingress, Egress]"),
  ].join("\n---\n");

describe.each([
  ["iptables", "{ backend: vxlan }"],
  ["nftables", "{ backend: vxlan, directRouting: true }"],
  ["nftables", "{ backend: host-gw }"],
] as const)("policies with %s, %s", (backend, cni) => {
  let client: AgentClient;
  let ids: readonly string[] = [];
  const addresses = new Map<string, string>();

  beforeAll(async () => {
    const { lab } = loadLabText(text(backend, cni), "lab.yaml");
    client = await up(getDriver("netns"), LAB, planResources(lab));
    ids = agentIds(LAB);
    for (const { name, address } of lab.clusters[0]?.pods ?? []) {
      addresses.set(`${name} 4`, address.ipv4 ?? "");
      addresses.set(`${name} 6`, address.ipv6 ?? "");
    }
    for (const { name, address } of lab.clusters[0]?.nodes ?? []) {
      addresses.set(`${name} 4`, address.ipv4 ?? "");
      addresses.set(`${name} 6`, address.ipv6 ?? "");
    }
    for (const name of ["web", "db", "lone"]) addresses.set(`${name} link`, await linkLocal(`default/${name}`));
  });
  afterAll(async () => {
    await down(client);
    expect(leftovers(LAB, ids)).toEqual([]);
  });

  async function linkLocal(ns: string): Promise<string> {
    const argv = ["ip", "-6", "-br", "addr", "show", "dev", "eth0", "scope", "link"];
    const { stdout } = await client.call("run", { ns, argv, timeout: 5000 });
    const address = /fe80::[0-9a-f:]+/.exec(stdout)?.[0];
    if (address === undefined) throw new Error(`${ns} has no link-local address: ${stdout}`);
    return `${address}%eth0`;
  }

  /** `web db 4` → what becomes of a connection. What surprises is asked again: on a loaded machine an answer may be late. */
  async function expectOutcomes(expected: Readonly<Record<string, string>>, port = 80): Promise<void> {
    const found: Record<string, string> = {};
    for (const timeout of [1000, 2000, 8000]) {
      const asked = Object.keys(expected).filter((line) => found[line] !== expected[line]);
      const probes = asked.map((line): Probe => {
        const [from = "", to = "", which = ""] = line.split(" ");
        const ns = ["n1", "n2"].includes(from) ? from : `default/${from}`;
        return { kind: "tcp", ns, to: addresses.get(`${to} ${which}`) ?? "", port, timeout };
      });
      if (probes.length === 0) break;
      const { results } = await client.call("probe", { probes });
      for (const [i, line] of asked.entries()) found[line] = results[i]?.outcome ?? "";
    }
    expect(found).toEqual(expected);
  }

  test("neighbours on cni0: by IPv4, by IPv6 and by link-local addresses alike", async () => {
    const open = ["web db", "db web"];
    const closed = ["lone db", "web lone", "lone web", "db lone"];
    const lines = (pairs: readonly string[]): string[] =>
      pairs.flatMap((pair) => ["4", "6", "link"].map((which) => `${pair} ${which}`));
    await expectOutcomes({
      ...Object.fromEntries(lines(open).map((line) => [line, "open"])),
      ...Object.fromEntries(lines(closed).map((line) => [line, "timeout"])),
    });
  });

  test("an isolated pod still finds its neighbours and they it", async () => {
    const argv = ["ip", "-6", "neigh", "show", "dev", "eth0"];
    await client.call("run", {
      ns: "default/lone",
      argv: ["ip", "-6", "neigh", "flush", "dev", "eth0"],
      timeout: 5000,
    });
    await expectOutcomes({ "lone web 6": "timeout", "web lone 6": "timeout" });
    const { stdout } = await client.call("run", { ns: "default/lone", argv, timeout: 5000 });
    const line = stdout.split("\n").find((one) => one.startsWith(`${addresses.get("web 6")} `));
    expect(line).toContain("lladdr");
  });

  test("a pod and its own node always reach each other; another node is judged by the policies", async () => {
    const expected = {
      "n1 lone 4": "open",
      "n1 lone 6": "open",
      "n1 db 4": "open",
      "n2 lone 4": "timeout",
      "n2 lone 6": "timeout",
      "n2 db 4": "timeout",
      "n2 web 4": "open",
      "far db 4": "timeout",
      "far web 6": "open",
    };
    await expectOutcomes(expected);
  });

  test("a pod of the host's network is its node: not policed itself, not seen by selectors", async () => {
    const expected = { "lone n1 4": "open", "lone n1 6": "open", "far n1 4": "open", "web n1 6": "open" };
    await expectOutcomes(expected, 8080);
  });
});
