import { describe, expect, it } from "vitest";
import type {
  LabelSelector,
  NetworkPolicyModel,
  PolicyPeer,
  PolicyPort,
} from "../../../../src/kube/network-policy/network-policy.ts";
import type { PolicyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { nodeFences } from "../../../../src/cluster/policy/node-fences.ts";
import { subtractPrefixes, splitWhole, prefixEntry } from "../../../../src/cluster/policy/prefixes.ts";

const cause = { object: "NetworkPolicy x/p", reason: "for the test" };
const everything: LabelSelector = { requirements: [] };
const app = (...values: string[]): LabelSelector => ({ requirements: [{ key: "app", operator: "In", values }] });

function pod(name: string, address: string, port: number, node = "node1"): PolicyWorld["pods"][number] {
  const ports = [{ name: "web", port, protocol: "TCP" as const }];
  return { namespace: "x", name, labels: { app: name }, node, hostNetwork: false, addresses: [address], ports };
}

function policy(part: Partial<NetworkPolicyModel>): NetworkPolicyModel {
  return {
    kind: "NetworkPolicy",
    namespace: "x",
    name: "p",
    podSelector: everything,
    types: ["Ingress"],
    ingress: [],
    egress: [],
    cause,
    ...part,
  };
}

function rule(
  peers: readonly PolicyPeer[],
  ports: readonly Omit<PolicyPort, "cause">[],
): NetworkPolicyModel["ingress"][number] {
  return { peers, ports: ports.map((port) => ({ ...port, cause })), cause };
}

const pods = [pod("a", "10.0.0.2", 80), pod("b", "10.0.0.3", 8080), pod("c", "10.0.1.2", 80, "node2")];

function fencesOf(...policies: NetworkPolicyModel[]): ReturnType<typeof nodeFences> {
  return nodeFences(
    { policies, clusterPolicies: [], namespaces: [{ name: "x", labels: {} }], pods, nodes: [] },
    "node1",
  );
}

describe("nodeFences", () => {
  it("fences the node's own pods only, in the policy's directions only", () => {
    const { fences } = fencesOf(policy({ types: ["Egress"] }));
    expect(fences.map((fence) => `${fence.pod} ${fence.direction}`)).toEqual(["x/a egress", "x/b egress"]);
    expect(fencesOf().fences).toEqual([]);
  });

  it("leaves out pods of the host's network, as pods and as peers", () => {
    const host = { ...pod("h", "192.168.50.11", 80), hostNetwork: true };
    const peers: PolicyPeer[] = [{ kind: "pods", podSelector: everything, cause }];
    const world = {
      clusterPolicies: [],
      policies: [policy({ ingress: [rule(peers, [])] })],
      namespaces: [],
      pods: [...pods, host],
      nodes: [],
    };
    const { fences, sets } = nodeFences(world, "node1");
    expect(fences.map((fence) => fence.pod)).toEqual(["x/a", "x/b"]);
    expect(sets.map((set) => set.entries.ipv4)).toEqual([["10.0.0.2", "10.0.0.3", "10.0.1.2"]]);
  });

  it("looks a named port up at the isolated pod for ingress, at each destination for egress", () => {
    const named = rule([], [{ protocol: "TCP", port: "web" }]);
    const ingress = fencesOf(policy({ ingress: [named] }));
    expect(ingress.fences.map((fence) => fence.tiers[0]?.matches.map((match) => match.ports))).toEqual([
      [[{ from: 80, to: 80 }]],
      [[{ from: 8080, to: 8080 }]],
    ]);
    const egress = fencesOf(policy({ types: ["Egress"], podSelector: app("a"), egress: [named] }));
    expect(egress.sets.map((set) => [set.kind, set.entries.ipv4])).toEqual([
      ["endpoints", ["10.0.0.2,tcp:80", "10.0.0.3,tcp:8080", "10.0.1.2,tcp:80"]],
    ]);
  });

  it("allows nothing by a named port that the pod has not", () => {
    const { fences } = fencesOf(policy({ ingress: [rule([], [{ protocol: "UDP", port: "web" }])] }));
    expect(fences.map((fence) => fence.tiers[0]?.matches)).toEqual([[], []]);
  });

  it("gives peers that mean the same one set, whatever order their requirements stand in", () => {
    const two = (a: string, b: string): PolicyPeer => ({ kind: "pods", podSelector: app(a, b), cause });
    const { sets } = fencesOf(policy({ ingress: [rule([two("a", "b")], []), rule([two("b", "a")], [])] }));
    expect(sets).toHaveLength(1);
  });

  it("adds several policies up and names all that isolate", () => {
    const { fences } = fencesOf(policy({ name: "p1" }), policy({ name: "p2", ingress: [rule([], [])] }));
    expect(fences[0]?.tiers[0]?.policies).toEqual(["x/p1", "x/p2"]);
    expect(fences[0]?.tiers[0]?.matches.map((match) => match.text)).toEqual(["x/p2 ingress rule 1"]);
  });
});

describe("prefixes", () => {
  const texts = (cidr: string, ...except: string[]): string[] => subtractPrefixes(cidr, except).map(prefixEntry);

  it("cuts exceptions out", () => {
    expect(texts("10.0.0.0/24", "10.0.0.0/26")).toEqual(["10.0.0.64/26", "10.0.0.128/25"]);
    expect(texts("10.0.0.0/24", "10.0.0.0/24")).toEqual([]);
    expect(texts("10.0.0.0/31", "10.0.0.1/32")).toEqual(["10.0.0.0"]);
    expect(texts("fd00::/127", "fd00::1/128", "10.0.0.0/8")).toEqual(["fd00::"]);
  });

  it("writes a whole family as its halves, which ipset can hold", () => {
    expect(splitWhole(subtractPrefixes("0.0.0.0/0", [])).map(prefixEntry)).toEqual(["0.0.0.0/1", "128.0.0.0/1"]);
  });
});
