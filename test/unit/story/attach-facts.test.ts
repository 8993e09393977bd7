import { expect, test } from "vitest";
import type { ResourceKind } from "../../../src/resources/resource.ts";
import { attachFacts } from "../../../src/story/attach-facts.ts";
import type { PacketFate } from "../../../src/story/attach-facts.ts";
import type { Fact } from "../../../src/why/fact.ts";
import type { AboutHop } from "../../../src/story/build-hops.ts";

const hop = (ns: string, kind: AboutHop["kind"], at: string, about: readonly string[], way: AboutHop["way"] = "there"): AboutHop => ({ way, ns, kind, at, what: "", about }); // prettier-ignore
const WAY = [
  hop("node1", "device", "→ veth1", ["veth1"]),
  hop("node1", "netfilter", "PREROUTING nat", ["nat", "PREROUTING", "KUBE-SERVICES"]),
  hop("node1", "routing", "routing main", ["10.244.1.3"]),
  hop("node1", "neighbour", "neighbour flannel.1", ["10.244.1.0", "16:b1:8a:72:43:25"]),
  hop("node1", "device", "eth0 →", ["eth0"]),
  hop("node1", "routing", "routing main", ["10.244.0.3"], "back"),
];
const FATE: PacketFate = { lost: false, traced: () => true, dropped: () => false, answersForOthers: () => false };

function at(kind: ResourceKind, text: string, ns = "node1"): unknown {
  const { hops, elsewhere } = attachFacts(WAY, [{ id: `${kind}:x`, ns, kind, text }], FATE);
  const wrong = hops.findIndex(({ differs }) => differs !== undefined);
  expect(wrong < 0 ? undefined : hops[wrong]?.ids).toEqual(wrong < 0 ? undefined : [`${kind}:x`]);
  return wrong < 0 ? elsewhere : `${wrong} ${hops[wrong]?.at} ${hops.length}`;
}

test.each([
  ["route", "route 10.244.1.0/24 via 10.244.1.0 dev flannel.1 is missing", "2 routing main 6"],
  ["route", "route 10.244.0.0/24 dev cni0 is missing", "5 routing main 6"],
  ["sysctl", "net.ipv4.ip_forward is 0, should be 1", "2 routing main 6"],
  ["neigh", "neigh 10.244.1.0 dev flannel.1 is missing", "3 neighbour flannel.1 6"],
  ["iptables", "iptables -t nat: KUBE-SERVICES: rule 3 is missing", "1 PREROUTING nat 6"],
  ["veth", "eth0: state is down, should be up", "4 eth0 → 6"],
] as const)("%s: %s", (kind, text, expected) => {
  expect(at(kind, text)).toBe(expected);
});

test("a route to another pod is not what is wrong with this packet", () => {
  expect(at("route", "route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 is missing")).toEqual([
    "node1: route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 is missing",
  ]);
  expect(at("veth", "eth0: state is down", "node9")).toEqual(["node9: eth0: state is down"]);
});

test("rules that were not met are where they would have been: translation before routing, filters after", () => {
  expect(at("iptables", "iptables -t nat: KUBE-NODEPORTS: 3 of 3 rules are missing")).toBe("1 netfilter 7");
  expect(at("iptables", "iptables -t filter: NP-FORWARD: 2 of 2 rules are missing")).toBe("3 netfilter 7");
});

test("where it was lost, what differs on the rest of its way is the next hop", () => {
  const { hops, elsewhere } = attachFacts(
    WAY.slice(0, 5),
    [
      { id: "veth:node2:x", ns: "node2", kind: "veth", text: "eth0: state is down, should be up" },
      { id: "route:node1:x", ns: "node1", kind: "route", text: "route 10.9.0.0/16 via 10.0.0.1 is missing" },
    ],
    { ...FATE, lost: true },
  );
  expect(elsewhere).toEqual([]);
  expect(hops.slice(5).map(({ ns, way, at }) => [ns, way, at])).toEqual([
    ["node2", "there", "not reached"],
    ["node1", "back", "the answer"],
  ]);
});

const RULE = "iptables filter: rule FORWARD -p tcp -j DROP is not part of this lab";
const added = (kind: ResourceKind, text: string): Fact => ({ ns: "node1", kind, text, added: true });
const MET = {
  ...hop("node1", "netfilter", "FORWARD filter", ["filter", "FORWARD"]),
  what: "dropped; rule: -p tcp -j DROP",
  rules: ["-p tcp -j DROP"],
  lost: true as const,
};
const METS = [...WAY.slice(0, 3), MET];

test.each([
  ["a rule that it met", RULE, METS, 3],
  ["one that it passed before another decided", RULE, [{ ...MET, rules: ["-p tcp -j DROP", "-j ACCEPT"] }], 0],
  ["a rule of another chain", RULE.replace("FORWARD", "INPUT"), METS, undefined],
  ["a route to it", "route blackhole 10.244.1.0/24 is not part of this lab", METS, 2],
  ["a route to others", "route blackhole 10.9.0.0/16 is not part of this lab", METS, undefined],
] as const)("what others have added acts on what meets it: %s", (_name, text, hops, expected) => {
  const fact = added(text.startsWith("route") ? "route" : "iptables", text);
  const { hops: told, foreign } = attachFacts(hops, [fact], { ...FATE, lost: true });
  const found = told.findIndex(({ differs }) => differs !== undefined);
  expect(found < 0 ? undefined : found).toBe(expected);
  expect(foreign).toEqual(expected === undefined ? [`node1: ${text}`] : []);
});

test("a rule about the packet around it, which no rule reports, by its counter; of untraced rules where it was lost", () => {
  const lost = [...WAY.slice(0, 1), { ...hop("node1", "device", "→ eth0", ["eth0"]), lost: true as const }];
  const told = (fate: Partial<PacketFate>): unknown =>
    attachFacts(lost, [added("iptables", RULE)], { ...FATE, lost: true, ...fate }).hops.map(
      ({ at, lost: end }) => `${at} ${end ?? ""}`,
    );
  expect(told({ dropped: (ns, rule) => ns === "node1" && rule === "-p tcp -j DROP" })).toEqual([
    "→ veth1 ",
    "→ eth0 ",
    "FORWARD true",
  ]);
  expect(told({ traced: () => false })).toHaveLength(3);
  expect(told({})).toHaveLength(2);
});

test("a fault stands where its effect is, once a hop, in its own words", () => {
  const fault = "fault loss, on purpose";
  const facts: readonly Fact[] = ["eth0: state is down, should be up", "eth0: mtu is 1300, should be 1500"].map(
    (text) => ({
      ns: "node1",
      kind: "veth",
      text,
      fault,
    }),
  );
  const { hops } = attachFacts(WAY, facts, FATE);
  expect(hops.flatMap(({ at, differs = [] }) => differs.map((text) => [at, text]))).toEqual([["eth0 →", fault]]);
});
