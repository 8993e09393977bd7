/**
 * Calico's own tests of what confd writes for BIRD: manifests in, peers, filters and static routes of node kube-master out. What these
 * tests keep elsewhere (its blocks, its router id) is given here.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { birdConfig } from "../../src/cluster/cni/calico/bgp/bird-config.ts";
import { confdFiles } from "../../src/cluster/cni/calico/bgp/confd-text.ts";
import type { BgpNode, BgpWorld } from "../../src/cluster/cni/calico/bgp/world.ts";
import type { ServiceFacts } from "../../src/cluster/cni/calico/bgp/service-routes.ts";
import { bgpConfigurationKind } from "../../src/kube/bgp-configuration/schema.ts";
import { bgpFilterKind } from "../../src/kube/bgp-filter/schema.ts";
import { bgpPeerKind } from "../../src/kube/bgp-peer/schema.ts";
import { readAsNumber } from "../../src/kube/calico/as-number.ts";
import type { ClusterObjects } from "../../src/kube/cluster-objects.ts";
import { ipPoolKind } from "../../src/kube/ip-pool/schema.ts";
import { canonicalAddress, familyOf } from "../../src/net/families.ts";
import { formatPrefix, parsePrefix } from "../../src/net/address.ts";
import { DiagnosticList, Scope } from "../../src/syntax/scope.ts";
import { CONFORMANCE, absence, withReason } from "./data.ts";

const reason = absence("calico");

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, unknown> };
  readonly spec?: Spec | undefined;
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
  /** Of an EndpointSlice. */
  readonly addressType?: string;
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean }; readonly nodeName?: string }[];
}

/** What is read here; the rest is for each kind's own reader. */
interface Spec {
  readonly bgp?: Readonly<Record<string, string | number | undefined>>;
  readonly type?: string;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ipFamilies?: readonly string[];
  readonly externalIPs?: readonly string[];
  readonly externalTrafficPolicy?: string;
}

interface Case {
  readonly index: number;
  readonly scenario: string;
  readonly ipVersion: 4 | 6;
  readonly input: readonly Manifest[];
  readonly kubernetesInput: readonly Manifest[];
  readonly expect: {
    readonly routerId: string;
    readonly template: readonly string[] | null;
    readonly peers: readonly { readonly name: string; readonly statements: readonly string[] }[];
    readonly exportToPeers: readonly string[];
    readonly kernelFilter: readonly string[];
    readonly staticRoutes: readonly string[];
    readonly aggregation: readonly string[];
  };
}

function allCases(): readonly Case[] {
  if (reason !== undefined) return [];
  return ["visible", "heldout"].flatMap((half) => {
    const file = join(CONFORMANCE, "calico", `${half}-bird-config.json`);
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] }).cases;
  });
}

const CASES = allCases();

const manifest = (kind: string, name: string, spec: object): Manifest => ({ kind, metadata: { name }, spec });

/** First steps that are in the other half of the tables, as far as their later ones depend on them. */
const FIRST_STEPS: Readonly<Record<string, readonly Manifest[]>> = {
  "mesh/communities": [
    manifest("BGPConfiguration", "default", { listenPort: 177 }),
    ...["kube-master", "kube-node-1", "kube-node-2"].map((name, i) =>
      manifest("Node", name, { bgp: { ipv4Address: `10.192.0.${i + 2}/16` } }),
    ),
    manifest("IPPool", "ippool-1", { cidr: "192.168.0.0/16", ipipMode: "Never" }),
  ],
};

/** A later step says only what changes: what came before it, as far as the tables have it. */
function inputOf(one: Case): { readonly calico: readonly Manifest[]; readonly kubernetes: readonly Manifest[] } {
  const match = /^(.*)\/step\d+$/.exec(one.scenario);
  const first = match?.[1] ?? "";
  const before = CASES.find(({ scenario }) => scenario === first) ?? { input: FIRST_STEPS[first], kubernetesInput: [] };
  const key = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
  const merged = (name: "input" | "kubernetesInput"): readonly Manifest[] => [
    ...new Map([...(before[name] ?? []), ...one[name]].map((each) => [key(each), each])).values(),
  ];
  return { calico: merged("input"), kubernetes: merged("kubernetesInput") };
}

const texts = (labels: Record<string, unknown> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));

function nodeOf({ metadata, spec }: Manifest): BgpNode {
  const bgp = spec?.bgp ?? {};
  const given = [bgp["ipv4Address"], bgp["ipv6Address"]].flatMap((text) => (text === undefined ? [] : String(text)));
  const address = (text: string): string => canonicalAddress(text.split("/", 1)[0] ?? "");
  const subnet = (text: string): string => {
    const prefix = parsePrefix(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
    return prefix === undefined ? "" : formatPrefix(prefix);
  };
  const clusterId = bgp["routeReflectorClusterID"];
  return {
    name: metadata.name,
    address: Object.fromEntries(given.map((text) => [familyOf(text), address(text)])),
    subnet: Object.fromEntries(given.map((text) => [familyOf(text), subnet(text)])),
    labels: texts(metadata.labels),
    ...(bgp["asNumber"] === undefined ? {} : { asn: readAsNumber(bgp["asNumber"]) }),
    ...(clusterId === undefined ? {} : { clusterId: String(clusterId) }),
  };
}

function factsOf(manifests: readonly Manifest[]): ServiceFacts {
  const of = (kind: string): readonly Manifest[] => manifests.filter((one) => one.kind === kind);
  return {
    services: of("Service").map(({ metadata, spec = {}, status }) => ({
      namespace: metadata.namespace ?? "default",
      name: metadata.name,
      type: spec.type ?? "ClusterIP",
      clusterIPs: (spec.clusterIPs ?? [spec.clusterIP]).filter((ip) => ip !== undefined && ip !== "None"),
      ipFamilies: (spec.ipFamilies ?? [spec.clusterIP?.includes(":") === true ? "IPv6" : "IPv4"]).map((one) =>
        one.toLowerCase(),
      ),
      externalIPs: spec.externalIPs ?? [],
      loadBalancerIPs: (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ({ ip, ipMode: "VIP" })),
      externalTrafficPolicy: spec.externalTrafficPolicy ?? "Cluster",
      cause: { object: metadata.name, reason: "" },
    })) as unknown as ServiceFacts["services"],
    slices: of("EndpointSlice").map(({ metadata, addressType, endpoints }) => ({
      namespace: metadata.namespace ?? "default",
      service: texts(metadata.labels)["kubernetes.io/service-name"] ?? "",
      family: addressType?.toLowerCase(),
      endpoints: (endpoints ?? []).map(({ conditions, nodeName }) => ({ ready: conditions?.ready ?? true, nodeName })),
    })) as unknown as ServiceFacts["slices"],
  };
}

/** What these tests have in their datastore besides the manifests. */
const BLOCKS = ["10.0.0.0/30", "10.1.0.0/24", "10.2.0.1/32", "192.168.221.192/26", "192.168.221.64/26"];

function written(one: Case): Readonly<Record<string, string>> {
  const { calico, kubernetes } = inputOf(one);
  const objects = { bgp: { configurations: [], peers: [], filters: [] }, ipPools: [] } as unknown as ClusterObjects;
  const scope = new Scope(new DiagnosticList(), () => ({ file: "", line: 1, column: 1 }));
  for (const each of calico) {
    const kinds = [bgpConfigurationKind, bgpFilterKind, bgpPeerKind, ipPoolKind];
    kinds.find(({ kind }) => kind === each.kind)?.resolve?.(each as never, scope, objects);
  }
  const models = <T>(placed: readonly { readonly model: T }[]): readonly T[] => placed.map(({ model }) => model);
  const nodes = calico.filter(({ kind }) => kind === "Node").map(nodeOf);
  const world: BgpWorld = {
    nodes,
    configurations: models(objects.bgp.configurations),
    peers: models(objects.bgp.peers),
    filters: models(objects.bgp.filters),
    cause: { object: "test", reason: "test" },
  };
  const node = nodes.find(({ name }) => name === "kube-master");
  if (node === undefined) throw new Error(`${one.scenario}: the node is in a step that is not in these tables`);
  const family = one.ipVersion === 4 ? "ipv4" : "ipv6";
  const config = birdConfig(world, node, family, {
    pools: objects.ipPools.map(({ pool }) => pool),
    blocks: one.expect.aggregation.length === 0 ? [] : BLOCKS,
    facts: factsOf(kubernetes),
    hasPriority: true,
    programs: { ipip: false, plain: true },
    routerId: node.address.ipv4 ?? one.expect.routerId,
  });
  return confdFiles(config);
}

/** Statements of a block of the text, without comments, each on one line. */
function statements(text: string, head: string): readonly string[] | undefined {
  const plain = text.replaceAll(/#.*$/gm, "");
  const start = plain.indexOf(`${head} {`);
  if (start < 0) return undefined;
  const result: string[] = [];
  let depth = 0;
  let current = "";
  for (const character of plain.slice(start + head.length + 1)) {
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (depth === 0) break;
    if (depth === 1 && character === "{" && current === "") continue;
    current += character;
    if (depth === 1 && (character === ";" || (character === "}" && !/(filter|then|else) \{.*filter/s.test(current)))) {
      result.push(current);
      current = "";
    }
  }
  return result.map((one) => one.replaceAll(/\s+/g, " ").trim().replace(/;$/, "")).filter((one) => one !== "");
}

/** `if … then { … } else { … }` and `import filter { … };` are one statement each. */
function joined(all: readonly string[] | undefined): readonly string[] {
  const result: string[] = [];
  for (const one of all ?? [])
    if (one.startsWith("else")) result.push(`${result.pop()} ${one}`);
    else if (one !== "") result.push(one);
  return result;
}

describe.skipIf(reason !== undefined)(withReason("what confd writes for BIRD", reason), () => {
  it.each(CASES.map((one) => [`${one.index} ${one.scenario} IPv${one.ipVersion}`, one] as const))(
    "%s",
    (_name, one) => {
      const files = written(one);
      const version = one.ipVersion === 4 ? "" : "6";
      const main = files[`bird${version}.cfg`] ?? "";
      const ipam = files[`bird${version}_ipam.cfg`] ?? "";
      const aggregation = files[`bird${version}_aggr.cfg`] ?? "";
      const peers = [...main.matchAll(/^protocol bgp (\S+) from bgp_template/gm)].map(([head, name = ""]) => ({
        name,
        statements: joined(statements(main, head)),
      }));
      const template = statements(main, "template bgp bgp_template")?.filter((line) => !line.startsWith("debug"));
      expect({
        routerId: /^router id (\S+);/m.exec(main)?.[1],
        template: template ?? null,
        peers,
        exportToPeers: joined(statements(ipam, "function calico_export_to_bgp_peers(bool internal_peer)")),
        kernelFilter: joined(statements(ipam, "filter calico_kernel_programming")),
        staticRoutes: joined(statements(aggregation, "template static static_template")),
        aggregation: joined(statements(aggregation, "function calico_aggr ()")),
      }).toEqual(one.expect);
    },
  );
});
