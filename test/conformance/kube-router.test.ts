/** kube-router's own test tables: rules of policies, names of tunnels, and the sets of a live cluster. Compared as text. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { markRules } from "../../src/cluster/cni/kube-router/proxy/direct.ts";
import { tunnelName } from "../../src/cluster/cni/kube-router/names.ts";
import { policyChains } from "../../src/cluster/cni/kube-router/netpol/policy-chains.ts";
import { routerPolicies } from "../../src/cluster/cni/kube-router/netpol/policies.ts";
import type { NetworkPolicyModel, PolicyPort, PolicyRule } from "../../src/kube/network-policy/network-policy.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { CONFORMANCE, absence, withReason } from "./data.ts";

const reason = absence("kube-router");

function read<T>(name: string): T | undefined {
  const file = join(CONFORMANCE, "kube-router", `${name}.json`);
  return reason === undefined && existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}

/** Cases of a set, of whichever halves are there. */
function cases<T>(set: string): readonly (T & { readonly index: number })[] {
  return ["visible", "heldout"].flatMap(
    (half) => read<{ cases: readonly (T & { readonly index: number })[] }>(`${half}-${set}`)?.cases ?? [],
  );
}

interface RuleDocument {
  readonly ports?: readonly Pick<PolicyPort, "protocol" | "port" | "endPort">[];
}

interface RulesCase {
  readonly title: string;
  readonly networkPolicy: {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly spec: Readonly<Partial<Record<"ingress" | "egress", readonly RuleDocument[]>>>;
  };
  readonly expect: readonly string[];
}

const cause = { source: { file: "", line: 1, column: 1 }, object: "", reason: "" };

/** As it is written: of a port without protocol the tables expect none. */
function modelOf({ networkPolicy: { metadata, spec } }: RulesCase): NetworkPolicyModel {
  const rules = (list: readonly RuleDocument[] = []): readonly PolicyRule[] =>
    list.map(({ ports = [] }) => ({ peers: [], ports: ports.map((port) => ({ ...port, cause })), cause }));
  const types = [
    ...(spec.ingress === undefined ? [] : (["Ingress"] as const)),
    ...(spec.egress === undefined ? [] : (["Egress"] as const)),
  ];
  return {
    kind: "NetworkPolicy",
    ...metadata,
    podSelector: { requirements: [] },
    types,
    ingress: rules(spec.ingress),
    egress: rules(spec.egress),
    cause,
  };
}

/** As iptables-restore is given it. Upstream's test leaves the names of sets empty. */
function ruleText(chain: string, args: readonly string[]): string {
  const words = args.map((word, i) => (args[i - 1] === "--comment" ? `"${word}"` : word)).join(" ");
  return `-A ${chain} ${words.replaceAll(/-m set --match-set \S+ (?:src|dst) /g, "")}`;
}

describe.skipIf(reason !== undefined)(withReason("kube-router's rules of policies", reason), () => {
  for (const one of cases<RulesCase>("policy-rules"))
    it(`${one.index} ${one.title}`, () => {
      const world = { policies: [modelOf(one)], clusterPolicies: [], namespaces: [], pods: [], nodes: [] };
      const texts = routerPolicies(world)
        .flatMap((policy) => policyChains(policy, "ipv4").rules)
        .filter(({ args }) => args.length > 0)
        .map(({ chain, args }) => ruleText(chain, args));
      expect(texts).toEqual(one.expect);
    });
});

type NameCase =
  | { readonly kind: "tunnel-name"; readonly title: string; readonly nodeIP: string; readonly expect: string }
  | {
      readonly kind: "dsr-tcpmss";
      readonly name: string;
      readonly ip: string;
      readonly protocol: string;
      readonly expectedMSS: string;
      readonly expectMSS: boolean;
    };

/** The sizes of segments that rules set, with an uplink of 1500 bytes. */
function segmentSizes(address: string, protocol: string): readonly string[] {
  return markRules({ address, protocol, port: 80, mark: 1, cause }, 1500).flatMap(({ args }) =>
    args.includes("TCPMSS") ? (args[args.indexOf("--set-mss") + 1] ?? "") : [],
  );
}

describe.skipIf(reason !== undefined)(
  withReason("kube-router's names, and segments of direct server return", reason),
  () => {
    for (const one of cases<NameCase>("names-and-dsr"))
      if (one.kind === "tunnel-name")
        it(`${one.index} ${one.title}`, () => expect(tunnelName(one.nodeIP)).toBe(one.expect));
      else
        it(`${one.index} ${one.name}`, () =>
          expect(segmentSizes(one.ip, one.protocol)).toEqual(one.expectMSS ? [one.expectedMSS] : []));
  },
);

interface SetCase {
  readonly name: string;
  readonly type: string;
  readonly members: readonly string[];
}

interface FixtureObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly podCIDRs?: readonly string[]; readonly ports?: readonly object[] };
  readonly status?: { readonly addresses?: readonly { readonly address: string }[] };
}

interface Objects {
  readonly objects: Readonly<Record<string, readonly { readonly items: readonly FixtureObject[] }[]>>;
}

/** The node whose sets they are. */
const NODE = "kube-router-vm2";

/** The cluster of the fixture as a lab. */
function fixtureLab(): string {
  const { objects } = read<Objects>("ipset-fixture-objects") ?? { objects: {} };
  const items = (kind: string) => (objects[kind] ?? []).flatMap((list) => list.items);
  const nodes = items("nodes").map(({ metadata, spec, status }) => ({
    name: metadata.name,
    address: status?.addresses?.map(({ address }) => address),
    podCIDR: spec.podCIDRs,
  }));
  const cluster = {
    nodes,
    nodeCIDR: ["10.241.0.0/24", "2001:db8:ca2:2::/64"],
    podCIDR: ["10.242.0.0/16", "2001:db8:42:1000::/56"],
    serviceCIDR: ["10.96.0.0/16", "2001:db8:42:1::/112"],
    dns: false,
    cni: { plugin: "kube-router", runServiceProxy: true, serviceExternalIPRange: ["10.243.0.0/24"] },
  };
  const lab = { apiVersion: "k8snet-lab/v1", kind: "Lab", metadata: { name: "fixture" }, spec: { cluster } };
  // The lab has its own Service `kubernetes`. CoreDNS's has a port for metrics, which the sets show and the objects do not.
  const services = items("services")
    .filter(({ metadata }) => metadata.name !== "kubernetes")
    .map((one) =>
      one.metadata.name === "kube-dns"
        ? { ...one, spec: { ...one.spec, ports: [...(one.spec.ports ?? []), { name: "metrics", port: 9153 }] } }
        : one,
    );
  return [lab, ...items("pods"), ...services, ...items("networkpolicy")]
    .map((one) => JSON.stringify(one))
    .join("\n---\n");
}

describe.skipIf(reason !== undefined)(withReason("kube-router's sets", reason), () => {
  const all = reason === undefined ? planResources(loadLabText(fixtureLab(), "fixture.yaml").lab) : [];
  const sets = new Map(all.flatMap((one) => (one.kind === "ipset" && one.ns === NODE ? [[one.name, one]] : [])));
  for (const one of cases<SetCase>("ipset-fixture"))
    it(`${one.index} ${one.name}`, () => {
      const found = sets.get(one.name);
      expect({ type: found?.type, members: found?.entries }).toEqual({
        type: one.type,
        // Link-local addresses come from devices' MACs, which the objects do not have.
        members: one.members.filter((member) => !member.startsWith("fe80:")).toSorted(),
      });
    });
});
