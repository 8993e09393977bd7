import { describe, expect, it } from "vitest";
import { POLICY_BACKENDS } from "../../../../src/cluster/policy/backends.ts";
import type { PolicyBackendName } from "../../../../src/cluster/policy/backends.ts";
import { nodeFences } from "../../../../src/cluster/policy/node-fences.ts";
import type { PolicyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { DEFAULT_SWITCHES } from "../../../../src/cluster/policy/switches.ts";
import type { PolicySwitches } from "../../../../src/cluster/policy/switches.ts";
import { NodeDraft } from "../../../../src/fabric/node-draft.ts";
import type { NetworkPolicyModel } from "../../../../src/kube/network-policy/network-policy.ts";
import { evaluate } from "../../../../src/oracle/policy/policy-oracle.ts";

const cause = { object: "NetworkPolicy x/p", reason: "for the test" };

/** Pod a of node1 may be reached from 10.0.0.0/8 and no more. */
const policy: NetworkPolicyModel = {
  kind: "NetworkPolicy",
  namespace: "x",
  name: "p",
  podSelector: { requirements: [{ key: "app", operator: "In", values: ["a"] }] },
  types: ["Ingress", "Egress"],
  ingress: [{ peers: [{ kind: "ipBlock", cidr: "10.0.0.0/8", except: [], cause }], ports: [], cause }],
  egress: [],
  cause,
};

function worldOf(switches: Partial<PolicySwitches>): PolicyWorld {
  const pods = ["a", "b"].map((name, i) => ({
    namespace: "x",
    name,
    labels: { app: name },
    node: "node1",
    hostNetwork: false,
    addresses: [`10.0.0.${i + 2}`],
    ports: [],
  }));
  const nodes = [
    { name: "node1", labels: {}, internalIPs: ["192.168.50.11"], addresses: ["192.168.50.11", "10.0.0.1"] },
  ];
  return {
    policies: [policy],
    clusterPolicies: [],
    namespaces: [],
    pods,
    nodes,
    switches: { ...DEFAULT_SWITCHES, ...switches },
  };
}

/** The rules of node1, a line each. */
function rules(backend: PolicyBackendName, switches: Partial<PolicySwitches>): readonly string[] {
  const draft = new NodeDraft("node1", "node", cause);
  const world = worldOf(switches);
  const { denyAs, beforeDNAT } = { ...DEFAULT_SWITCHES, ...switches };
  POLICY_BACKENDS[backend].enforce(
    nodeFences(world, "node1"),
    { families: ["ipv4"], log: false, denyAs, beforeDNAT, cause },
    draft,
  );
  const chains = draft
    .of("nft")
    .flatMap(({ objects }) => objects.flatMap((one) => (one.kind === "chain" ? [one] : [])));
  return [
    ...draft.rulesOf("policy").map(({ chain, args }) => `${chain} ${args.join(" ")}`),
    ...chains.flatMap((chain) => chain.rules.map(({ text }) => `${chain.name} ${text}`)),
  ];
}

const packet = (from: string, to: string) => ({
  from: { address: from },
  to: { address: to },
  protocol: "TCP" as const,
  port: 80,
});

describe.each(["iptables", "nftables"] as const)("switches, %s", (backend) => {
  it("drops, spares the node and lets an ipBlock mean pods by default", () => {
    const text = rules(backend, {}).join("\n");
    expect(text).toMatch(/drop/i);
    expect(text).not.toMatch(/reject|^input|^output/im);
  });

  it("rejects", () => {
    const text = rules(backend, { denyAs: "reject" }).filter((line) => line.includes("denied:"));
    expect(text).toHaveLength(2);
    for (const line of text) expect(line).toMatch(/reject/i);
  });

  it("judges between a pod and its own node", () => {
    const text = rules(backend, { nodeAlwaysAllowed: false }).join("\n");
    expect(text).toMatch(/^input /im);
    expect(text).toMatch(/^output /im);
    expect(text).not.toContain("always reach each other");
  });
});

describe("before Services translate", () => {
  it("nftables judges what pods send in prerouting, and what they get where it is forwarded", () => {
    const text = rules("nftables", { beforeDNAT: true });
    const of = (hook: string): readonly string[] => text.filter((line) => line.startsWith(`${hook} `));
    expect(of("prerouting").at(-1)).toBe("prerouting ip saddr vmap @egress-pods-4");
    expect(of("forward").at(-1)).toBe("forward ip daddr vmap @ingress-pods-4");
    expect(text.filter((line) => /egress.*fib daddr type local return/.test(line))).toHaveLength(1);
  });

  it("iptables does so in table mangle, and cannot reject there", () => {
    const text = rules("iptables", { beforeDNAT: true });
    expect(text.filter((line) => line.startsWith("PREROUTING "))).toEqual([
      "PREROUTING -m comment --comment policies: before Services -j NP-PREROUTING",
    ]);
    expect(text.filter((line) => /^NP-PREROUTING -s 10.0.0.2\/32 .*-j NP-EG-/.test(line))).toHaveLength(1);
    expect(text.filter((line) => line.startsWith("NP-FORWARD -s "))).toEqual([]);
    expect(() => rules("iptables", { beforeDNAT: true, denyAs: "reject" })).toThrow("cannot reject before");
  });
});

describe("the oracle with the same switches", () => {
  it("an ipBlock means pods and nodes, or only what is outside", () => {
    const allowed = (from: string, switches: Partial<PolicySwitches>): boolean =>
      evaluate(worldOf(switches), packet(from, "10.0.0.2")).allowed;
    expect(allowed("10.0.0.3", { ipBlockMatchesPods: true })).toBe(true);
    expect(allowed("10.0.0.3", { ipBlockMatchesPods: false })).toBe(false);
    expect(allowed("10.9.9.9", { ipBlockMatchesPods: false })).toBe(true);
    const [set] = nodeFences(worldOf({ ipBlockMatchesPods: false }), "node1").sets;
    expect(set?.entries.ipv4).not.toContain("10.0.0.0/8");
    expect(set?.text).toBe("10.0.0.0/8 outside of the cluster");
  });

  it("a pod's own node is always allowed, or judged like all others", () => {
    const reason = (switches: Partial<PolicySwitches>): string =>
      evaluate(worldOf(switches), packet("10.0.0.2", "192.168.50.11")).egress.reason;
    expect(reason({})).toBe("own-node");
    expect(reason({ nodeAlwaysAllowed: false })).toBe("isolated");
  });
});
