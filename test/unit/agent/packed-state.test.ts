import { expect, test } from "vitest";
import { StateUnpacker, statePortions } from "../../../src/agent/packed-state.ts";
import type { NamespaceState, ObservedState } from "../../../src/resources/observed.ts";
import type { Resource } from "../../../src/resources/resource.ts";

const SIZE = 2000;
const NODES = ["n1", "n2", "n3"];
const CHAINS = Array.from({ length: 50 }, (_, i) => `KUBE-SEP-${i}`);
const cause = (chain: string) => ({
  source: { file: "lab.yaml", line: 7, column: 3 },
  object: `Service ${chain}`,
  reason: "endpoint",
});

/** Every node has the chains of all endpoints, and one rule of its own. */
function state(): ObservedState {
  const rules = (ns: string, chain: string): string[] => [`-s 10.0.0.1/32 -j ${chain === "KUBE-SEP-7" ? ns : chain}`];
  const namespace = (ns: string): NamespaceState => ({
    ns,
    node: ns,
    netns: `lab.${ns}`,
    exists: true,
    links: [],
    addrs: [{ dev: "eth0", address: "10.0.0.1/24", family: "ipv4", scope: "global", tentative: false }],
    routes: [],
    rules: [],
    neighs: [],
    fdb: [],
    sysctls: { "net.ipv4.ip_forward": "1" },
    qdiscs: [],
    iptables: {
      ipv4: {
        nat: {
          OUTPUT: { policy: "ACCEPT", rules: [] },
          ...Object.fromEntries(CHAINS.map((name) => [name, { policy: "-", rules: rules(ns, name) }])),
          constructor: { policy: "-", rules: [] },
        },
        filter: {},
      },
    },
    ipsets: { PODS: { type: "hash:ip", entries: ["10.0.0.1", "10.0.0.2"] }, NONE: { type: "hash:net", entries: [] } },
    nft: { inet: { fw: { "chain forward": ["digest"], "set pods": [] } } },
    nftTables: ["ip nat", "inet fw"],
  });
  const table = (ns: string): Resource => ({
    kind: "iptables",
    id: `iptables:${ns}:ipv4:nat`,
    ns,
    node: ns,
    family: "ipv4",
    table: "nat",
    cause: { object: ns, reason: "kube-proxy" },
    chains: CHAINS.map((name) => ({
      name,
      builtin: false,
      rules: [{ args: rules(ns, name)[0]?.split(" ") ?? [], cause: cause(name) }],
    })),
  });
  const netns = (ns: string): Resource => ({
    kind: "netns",
    id: `netns:${ns}`,
    ns,
    node: ns,
    role: "node",
    cause: { object: ns, reason: "node" },
  });
  const resources = NODES.flatMap((ns) => [netns(ns), table(ns)]);
  return {
    namespaces: Object.fromEntries(NODES.map((ns) => [ns, namespace(ns)])),
    applied: Object.fromEntries(resources.map((resource) => [resource.id, resource])),
    iptablesAfterApply: Object.fromEntries(
      NODES.map((ns) => [`iptables:${ns}:ipv4:nat`, Object.fromEntries(CHAINS.map((name) => [name, rules(ns, name)]))]),
    ),
    changedFiles: [],
    running: ["process:n1:web"],
    ages: { "process:n1:web": 12 },
  };
}

test("a state comes back from portions of limited size, and what nodes share is sent once", () => {
  const before = state();
  const portions = [...statePortions(before, SIZE)];
  const texts = portions.map((portion) => JSON.stringify(portion));
  expect(portions.length).toBeGreaterThan(5);
  for (const [index, text] of texts.entries())
    if (portions[index]?.lines.length !== 1) expect(text.length).toBeLessThan(SIZE + 500);
  expect(texts.join("").split("-j KUBE-SEP-9").length - 1).toBeLessThanOrEqual(1);
  expect(texts.join("").length).toBeLessThan(JSON.stringify(before).length / 2);

  const unpacker = new StateUnpacker();
  for (const text of texts) unpacker.take(JSON.parse(text) as (typeof portions)[number]);
  const { state: after } = unpacker;
  expect(after).toEqual(before);
  const chain = (ns: string) => after.namespaces[ns]?.iptables.ipv4?.["nat"]?.["KUBE-SEP-1"];
  expect(chain("n1")).toBe(chain("n3"));
  expect(chain("n1")?.rules).toBe(after.iptablesAfterApply["iptables:n2:ipv4:nat"]?.["KUBE-SEP-1"]);
  const [one, other] = ["n1", "n2"].map((ns) => after.applied[`iptables:${ns}:ipv4:nat`]);
  if (one?.kind !== "iptables" || other?.kind !== "iptables") throw new Error("no tables");
  expect(one.chains[0]?.rules[0]?.cause).toBe(other.chains[0]?.rules[0]?.cause);
});

test("an empty state is one portion", () => {
  const empty: ObservedState = { namespaces: {}, applied: {}, iptablesAfterApply: {}, running: [] };
  const portions = [...statePortions(empty)];
  expect(portions).toHaveLength(1);
  const unpacker = new StateUnpacker();
  for (const portion of portions) unpacker.take(portion);
  expect(unpacker.state).toEqual(empty);
});
