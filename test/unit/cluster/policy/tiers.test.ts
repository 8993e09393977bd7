/** Tiers as rules: accept leaves the fence, pass goes to the next tier's chain, deny drops and says whose rule it was. */
import { describe, expect, it } from "vitest";
import { POLICY_BACKENDS } from "../../../../src/cluster/policy/backends.ts";
import type { PolicyBackendName } from "../../../../src/cluster/policy/backends.ts";
import type { NodeFences, PolicyMatch } from "../../../../src/cluster/policy/fence.ts";
import { nodeFences } from "../../../../src/cluster/policy/node-fences.ts";
import { policyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { podTiers } from "../../../../src/cluster/policy/tiers.ts";
import { NodeDraft } from "../../../../src/fabric/node-draft.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";

const cause = { object: "ClusterNetworkPolicy p", reason: "for the test" };
const CNP = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n";

function worldOf(...manifests: readonly string[]) {
  const head = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec: { cluster: { nodes: [node1] } }
---
apiVersion: v1
kind: Pod
metadata: { name: a, labels: { app: a } }
spec: { containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] }
---
`;
  const [cluster] = loadLabText(head + manifests.join("\n---\n"), "t.yaml").lab.clusters;
  if (cluster === undefined) throw new Error("no cluster");
  return policyWorld(cluster);
}

const policy = (name: string, tier: string, priority: number, rules: string): string =>
  `${CNP}metadata: { name: ${name} }\nspec: { tier: ${tier}, priority: ${priority}, subject: { namespaces: {} }, ${rules} }`;
const TIERED = [
  policy("second", "Admin", 20, "egress: [{ action: Deny, to: [{ networks: [10.9.0.0/16] }] }]"),
  policy(
    "first",
    "Admin",
    10,
    "egress: [{ action: Pass, to: [{ nodes: {} }] }, { action: Accept, to: [{ networks: [10.8.0.0/16] }] }]",
  ),
  policy("base", "Baseline", 0, "egress: [{ action: Deny, to: [{ namespaces: {} }] }]"),
];
const NETPOL =
  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: np }\nspec: { podSelector: {}, policyTypes: [Egress] }";

/** The rules of the pod's chains, a line each, sets by what they stand for. */
function rules(backend: PolicyBackendName, fences: NodeFences): readonly string[] {
  const draft = new NodeDraft("node1", "node", cause);
  POLICY_BACKENDS[backend].enforce(
    fences,
    { families: ["ipv4"], log: true, denyAs: "drop", beforeDNAT: false, cause },
    draft,
  );
  const chains = draft
    .of("nft")
    .flatMap(({ objects }) => objects.flatMap((one) => (one.kind === "chain" ? [one] : [])));
  const lines = [
    ...draft
      .rulesOf("policy")
      .filter(({ chain }) => chain.startsWith("NP-E"))
      .map(({ chain, args }) => `${chain} ${args.join(" ")}`),
    ...chains
      .filter(({ name }) => name.startsWith("egress"))
      .flatMap(({ name, rules: all }) => all.map(({ text }) => `${name} ${text}`)),
  ];
  return fences.sets.reduce((all, { name, text }) => all.map((line) => line.replaceAll(name, `<${text}>`)), lines);
}

it("the lowest priority first, then NetworkPolicies or the baseline", () => {
  const order = (...manifests: readonly string[]): readonly string[] => {
    const world = worldOf(...manifests);
    const [pod] = world.pods;
    return pod === undefined
      ? []
      : podTiers(world, pod, "egress").map(
          ({ tier, policies }) => `${tier}: ${policies.map(({ name }) => name).join(" ")}`,
        );
  };
  expect(order(...TIERED)).toEqual(["Admin: first second", "Baseline: base"]);
  // What NetworkPolicies isolate, no baseline is asked about.
  expect(order(...TIERED, NETPOL)).toEqual(["Admin: first second", "NetworkPolicy: np"]);
});

describe("rules", () => {
  it("iptables", () => {
    const text = rules("iptables", nodeFences(worldOf(...TIERED, NETPOL), "node1")).map((line) =>
      line.replaceAll(/NP-EG-\w{12}/g, "EG"),
    );
    expect(text).toEqual([
      "EG -m set --match-set <nodes {}>-4 dst -m comment --comment ClusterNetworkPolicy first egress rule 1 -g EG-2",
      "EG -m set --match-set <10.8.0.0/16>-4 dst -m comment --comment ClusterNetworkPolicy first egress rule 2 -j RETURN",
      "EG -m set --match-set <10.9.0.0/16>-4 dst -j NFLOG --nflog-group 100 --nflog-prefix egress default/a by cnp:1:second",
      "EG -m set --match-set <10.9.0.0/16>-4 dst -m comment --comment default/a egress denied: rule cnp:1:second -j DROP",
      "EG -g EG-2",
      "EG-2 -m addrtype --dst-type LOCAL -m comment --comment a pod and its own node always reach each other -j RETURN",
      "EG-2 -j NFLOG --nflog-group 100 --nflog-prefix egress default/a by default/np",
      "EG-2 -m comment --comment default/a egress denied: isolated by default/np -j DROP",
    ]);
  });

  it("nftables", () => {
    const text = rules("nftables", nodeFences(worldOf(...TIERED), "node1")).map((line) =>
      line.replaceAll(/egress-\w{8}-default\/a/g, "eg"),
    );
    expect(text).toEqual([
      'eg ip daddr @<nodes {}>-4 goto eg-tier2 comment "ClusterNetworkPolicy first egress rule 1"',
      'eg ip daddr @<10.8.0.0/16>-4 return comment "ClusterNetworkPolicy first egress rule 2"',
      'eg ip daddr @<10.9.0.0/16>-4 log group 100 prefix "egress default/a by cnp:1:second" counter drop comment "default/a egress denied: rule cnp:1:second"',
      "eg goto eg-tier2",
      'eg-tier2 ip daddr @<all pods in namespaces {}>-4 log group 100 prefix "egress default/a by cnp:1:base" counter drop comment "default/a egress denied: rule cnp:1:base"',
    ]);
  });

  it.each(["iptables", "nftables"] as const)("a rule that logs lets the next one decide, %s", (backend) => {
    const match = (action: PolicyMatch["action"]): PolicyMatch => ({
      action,
      protocol: "tcp",
      text: action,
      by: "cnp:1:p",
      cause,
    });
    const tier = {
      matches: [match("log"), match("allow")],
      otherwise: "pass" as const,
      sparesOwnNode: false,
      policies: ["p"],
    };
    const fence = {
      direction: "egress" as const,
      pod: "x/a",
      addresses: { ipv4: ["10.0.0.2"], ipv6: [] },
      tiers: [tier],
      cause,
    };
    const [logs, allows, ...more] = rules(backend, { fences: [fence], sets: [], ownNode: "spared" });
    expect(more).toEqual([]);
    expect(logs).toMatch(/group 101.*logged egress x\/a by cnp:1:p/);
    expect(logs).not.toMatch(/drop|return/i);
    expect(allows).toMatch(/return/i);
  });
});
