/** Cluster nodes: underlay subnets and their switches, node addresses, each node's part of the pod CIDR. */
import { RESERVED_NAMES } from "../net/reserved-names.ts";
import type { Family, PerFamily } from "../net/family.ts";
import type { ClusterDocument, TaintDocument } from "./schema.ts";
import { checkLabelMap } from "../kube/labels.ts";
import { formatAddress, formatPrefix, type Address, type Prefix } from "../net/address.ts";
import { perFamily } from "../net/families.ts";
import { clusterPrefix } from "../net/object-ref.ts";
import { readAddresses } from "../syntax/address-field.ts";
import type { ClusterNode, Taint, UnderlaySwitch } from "../kube/node/cluster-node.ts";
import type { RunningCluster } from "../kube/workload/running-lab.ts";
import { NodePool, perFamilyText } from "../kube/pod/ipam.ts";
import type { FurtherSubnet, NetworkPlugin } from "./cni/plugin.ts";
import type { Workloads } from "../kube/workload/workload.ts";
import type { ClusterRanges } from "./ranges.ts";
import type { Scope } from "../syntax/scope.ts";

interface Subnet {
  readonly switch: UnderlaySwitch;
  readonly prefixes: PerFamily<Prefix>;
  readonly pools: PerFamily<NodePool>;
}

/** Those of a lab so far, by their ranges: clusters that name the same range have their nodes on one switch. */
export type LabSubnets = Map<string, { readonly subnet: Subnet; clusters: number }>;

/** Of one cluster, and how many the lab's clusters have. */
interface SubnetPlace {
  /** As LabPlace has it. */
  readonly name: string;
  readonly subnets: LabSubnets;
}

/** `index`: among the cluster's own; `scope`: where its range stands; `path`: of the cluster. */
function makeSubnet(
  prefixes: PerFamily<Prefix>,
  index: number,
  { scope, path, name: cluster }: { readonly scope: Scope; readonly path: string; readonly name: string },
): Subnet {
  const pools: Partial<Record<Family, NodePool>> = {};
  for (const [family, prefix] of Object.entries(prefixes)) pools[family as Family] = new NodePool(prefix);
  const name = `${clusterPrefix(cluster)}underlay${index === 0 ? "" : index + 1}`;
  return {
    prefixes,
    pools,
    switch: {
      name,
      subnet: perFamilyText(prefixes, formatPrefix),
      gateway: perFamilyText(pools, (pool) => formatAddress(pool.gateway)),
      cause: scope.cause(path, `underlay switch ${name}`),
    },
  };
}

/** Groups nodes by underlay subnet; a node without one of its own is on the cluster's. */
function resolveSubnets(
  doc: ClusterDocument,
  ranges: ClusterRanges,
  scope: Scope,
  lab: SubnetPlace,
  further: readonly FurtherSubnet[],
): { subnets: Subnet[]; ofNode: Subnet[] } {
  const byText = new Map<string, Subnet>();
  const find = (prefixes: PerFamily<Prefix>, place: Scope): Subnet => {
    const key = perFamily(prefixes)
      .map(([, prefix]) => formatPrefix(prefix))
      .join(",");
    const known = byText.get(key);
    if (known !== undefined) return known;
    const ofLab = lab.subnets.get(key);
    const index = [...byText.values()].filter((one) => one.switch.shared === undefined).length;
    const subnet =
      ofLab === undefined
        ? makeSubnet(prefixes, index, { scope: place, path: scope.text, name: lab.name })
        : { ...ofLab.subnet, switch: { ...ofLab.subnet.switch, shared: ofLab.clusters } };
    lab.subnets.set(key, { subnet: ofLab?.subnet ?? subnet, clusters: (ofLab?.clusters ?? 0) + 1 });
    byText.set(key, subnet);
    return subnet;
  };
  const main = doc.nodes.some((_, i) => !ranges.own.has(i)) ? find(ranges.nodeCIDR, scope.at("nodeCIDR")) : undefined;
  const ofNode = doc.nodes.map((_, i) => {
    const own = ranges.own.get(i);
    const place = scope.at("nodes", i, "nodeCIDR");
    if (own === undefined) return main ?? find(ranges.nodeCIDR, place);
    for (const family of ranges.families) {
      if (own[family] === undefined)
        place.error(
          `the lab uses ${family === "ipv4" ? "IPv4" : "IPv6"} too, but this nodeCIDR has no such range`,
          "give both: [192.168.51.0/24, fd00:51::/64]",
        );
    }
    return find(own, place);
  });
  for (const { prefixes, scope: place } of further) find(prefixes, place);
  return { subnets: [...byText.values()], ofNode };
}

function nodeAddresses(
  asked: PerFamily<{ address: Address; scope: Scope }>,
  subnet: Subnet,
  ranges: ClusterRanges,
  name: string,
  place: Scope,
): PerFamily<string> {
  const address: Partial<Record<Family, string>> = {};
  for (const family of ranges.families) {
    const given = asked[family];
    const found = given?.address ?? subnet.pools[family]?.next(name);
    const prefix = subnet.prefixes[family];
    if (found !== undefined) address[family] = formatAddress(found);
    else if (prefix !== undefined)
      place.error(
        `exhausted pool: ${formatPrefix(prefix)} has no address left for ${name}`,
        "choose a larger nodeCIDR, or fewer nodes",
      );
  }
  return address;
}

/** Labels that are synonyms: the later one's old spelling (well-known labels; kubelet and cloud providers write both). */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ["kubernetes.io/os", "beta.kubernetes.io/os"],
  ["kubernetes.io/arch", "beta.kubernetes.io/arch"],
  ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"],
  ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"],
  ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"],
];

/** `KEY=VALUE:EFFECT` and `KEY:EFFECT`, as kubectl taint has it, or a Node's own fields. */
function readTaint(taint: TaintDocument, place: Scope): Taint | undefined {
  if (typeof taint !== "string") return { key: taint.key, value: taint.value ?? "", effect: taint.effect };
  const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(taint);
  if (match === null) {
    place.error(
      `"${taint}" is not a taint`,
      "write KEY=VALUE:EFFECT or KEY:EFFECT; effects: NoSchedule, PreferNoSchedule, NoExecute",
    );
    return undefined;
  }
  const [, key = "", value = "", effect = ""] = match;
  checkLabelMap({ [key]: value }, place);
  return { key, value, effect: effect as Taint["effect"] };
}

interface NodeFields {
  readonly name: string;
  readonly zone?: string | undefined;
  readonly region?: string | undefined;
  readonly roles?: readonly string[] | undefined;
}

/** What the kubelet, the cloud and kubeadm write, and what the lab says; each under its old spelling too. */
function nodeLabels(
  { name, zone, region, roles = [] }: NodeFields,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const given: Readonly<Record<string, string>> = {
    ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
    ...(region === undefined ? {} : { "topology.kubernetes.io/region": region }),
    ...Object.fromEntries(roles.map((role) => [`node-role.kubernetes.io/${role}`, ""])),
    ...own,
  };
  const labels: Record<string, string> = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    ...given,
  };
  for (const [label, old] of SPELLINGS) {
    const value = given[label] ?? given[old] ?? labels[label];
    if (value !== undefined) labels[label] = labels[old] = value;
  }
  return labels;
}

/** Nodes that have lost their link since the lab was built. */
function withoutLink(nodes: readonly ClusterNode[], running: RunningCluster | undefined): readonly ClusterNode[] {
  const down = running?.live.nodesDown ?? [];
  return down.length === 0 ? nodes : nodes.map((node) => (down.includes(node.name) ? { ...node, down: true } : node));
}

/** A node as causes name it: `cluster node1`, `cluster west.node1`. */
export function nodeObject(cluster: string | undefined, name: string): string {
  return `cluster ${clusterPrefix(cluster)}${name}`;
}

export function resolveClusterNodes(
  doc: ClusterDocument,
  ranges: ClusterRanges,
  plugin: NetworkPlugin,
  scope: Scope,
  given: Pick<Workloads, "running" | "nodeTaints" | "nodeAnnotations">,
  lab: SubnetPlace,
): {
  nodes: readonly ClusterNode[];
  switches: readonly UnderlaySwitch[];
  /** Addresses of a switch's subnets. */
  pools: (name: string) => PerFamily<NodePool>;
} {
  const further = plugin.subnets?.(doc.cni ?? {}, scope.at("cni")) ?? [];
  const { subnets, ofNode } = resolveSubnets(doc, ranges, scope, lab, further);
  const names = new Map<string, number>();
  const asked = doc.nodes.map((node, i): PerFamily<{ address: Address; scope: Scope }> => {
    const fields = typeof node === "string" ? { name: node } : node;
    const place = typeof node === "string" ? scope.at("nodes", i) : scope.at("nodes", i, "name");
    if (RESERVED_NAMES.test(fields.name))
      place.error(`"${fields.name}" is the name of a namespace that every cluster has`, "give the node another name");
    const first = names.get(fields.name);
    if (first !== undefined)
      place.error(`duplicate node "${fields.name}"`, `first defined on line ${scope.at("nodes", first).source().line}`);
    else names.set(fields.name, i);
    const addresses = typeof node === "string" ? {} : readAddresses(node.address, scope.at("nodes", i, "address"));
    for (const [family, { address, scope: where }] of Object.entries(addresses)) {
      const problem = ofNode[i]?.pools[family as Family]?.reserve(address, `${clusterPrefix(lab.name)}${fields.name}`);
      if (problem !== undefined) where.error(problem, "use a free address in the node's subnet");
    }
    return addresses;
  });
  const parts = plugin.ipam.nodeRanges(doc, ranges, scope);
  const nodes = doc.nodes.flatMap((node, i): readonly ClusterNode[] => {
    const fields = typeof node === "string" ? { name: node } : node;
    const subnet = ofNode[i];
    if (subnet === undefined || names.get(fields.name) !== i) return [];
    const place = scope.at("nodes", i);
    const labels = typeof node === "string" ? {} : (node.labels ?? {});
    checkLabelMap(labels, place.at("labels"));
    const podCIDR = perFamilyText(parts[i] ?? {}, formatPrefix);
    const noted = typeof node === "string" ? undefined : node.annotations;
    const annotations = { ...given.nodeAnnotations.get(fields.name), ...noted };
    const own = typeof node === "string" ? undefined : node.taints;
    const taints =
      own?.flatMap((one, j) => readTaint(one, place.at("taints", j)) ?? []) ?? given.nodeTaints.get(fields.name) ?? [];
    return [
      {
        name: fields.name,
        address: nodeAddresses(asked[i] ?? {}, subnet, ranges, `${clusterPrefix(lab.name)}${fields.name}`, place),
        subnet: subnet.switch.subnet,
        switch: subnet.switch.name,
        podCIDR,
        labels: nodeLabels(fields, labels),
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        ...(taints.length === 0 ? {} : { taints }),
        cause: place.cause(nodeObject(lab.name, fields.name), "node"),
      },
    ];
  });
  return {
    nodes: withoutLink(nodes, given.running),
    switches: subnets.map((subnet) => subnet.switch),
    pools: (name) => subnets.find((subnet) => subnet.switch.name === name)?.pools ?? {},
  };
}
