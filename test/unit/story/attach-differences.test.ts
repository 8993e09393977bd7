import { expect, test } from "vitest";
import type { ResourceKind } from "../../../src/resources/resource.ts";
import { attachDifferences } from "../../../src/story/attach-differences.ts";
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
function at(kind: ResourceKind, text: string, ns = "node1"): unknown {
  const { hops, elsewhere } = attachDifferences(WAY, [{ id: `${kind}:x`, ns, kind, text }], false);
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
  expect(at("link" as ResourceKind, "eth0: state is down", "node9")).toEqual(["node9: eth0: state is down"]);
});

test("rules that were not met are where they would have been: translation before routing, filters after", () => {
  expect(at("iptables", "iptables -t nat: KUBE-NODEPORTS: 3 of 3 rules are missing")).toBe("1 netfilter 7");
  expect(at("iptables", "iptables -t filter: NP-FORWARD: 2 of 2 rules are missing")).toBe("3 netfilter 7");
});

test("where it was lost, what differs on the rest of its way is the next hop", () => {
  const { hops, elsewhere } = attachDifferences(
    WAY.slice(0, 5),
    [
      { id: "veth:node2:x", ns: "node2", kind: "veth", text: "eth0: state is down, should be up" },
      { id: "route:node1:x", ns: "node1", kind: "route", text: "route 10.9.0.0/16 via 10.0.0.1 is missing" },
    ],
    true,
  );
  expect(elsewhere).toEqual([]);
  expect(hops.slice(5).map(({ ns, way, at }) => [ns, way, at])).toEqual([
    ["node2", "there", "not reached"],
    ["node1", "back", "the answer"],
  ]);
});
