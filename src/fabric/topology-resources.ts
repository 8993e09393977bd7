/** Gives what a topology says its namespaces: the links' ends get the settings of their devices, everything gets its id. */
import { VETH_MTU } from "../resources/veth/mtu.ts";
import { definitionOf, KIND_ORDER } from "../resources/definitions.ts";
import { identified } from "../resources/resource-id.ts";
import type { Resource } from "../resources/resource.ts";
import type { VethResource } from "../resources/veth/definition.ts";
import { planBaseline } from "./baseline.ts";
import { planIptables } from "./plan-iptables.ts";
import { RULE_OWNERS } from "../resources/rule-owners.ts";
import type { OwnedRules } from "./rule-order.ts";
import { deviceOf } from "./topology.ts";
import type { DeviceSettings, Spec, Topology, TopologyLink, TopologyNode } from "./topology.ts";
import { namespacedName } from "../net/object-ref.ts";

/** Settings that are given override. */
function merge(before: DeviceSettings | undefined, after: DeviceSettings): DeviceSettings {
  const given = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== undefined));
  return { ...before, ...(given as unknown as DeviceSettings) };
}

function settingsByName({ settings }: TopologyNode): ReadonlyMap<string, DeviceSettings> {
  const all = new Map<string, DeviceSettings>();
  for (const one of settings) all.set(one.name, merge(all.get(one.name), one));
  return all;
}

/** A node of the lab file's raw layer over the cluster's of the same name: both have their say. */
function both(base: TopologyNode, over: TopologyNode): TopologyNode {
  const owned = RULE_OWNERS.map((owner) => [owner, [...(base.iptables[owner] ?? []), ...(over.iptables[owner] ?? [])]]);
  return {
    ...base,
    settings: [...base.settings, ...over.settings],
    iptables: Object.fromEntries(owned) as OwnedRules,
    resources: [...base.resources, ...over.resources],
  };
}

/** Where both set the same thing (a device, a route, a forwarding entry, a sysctl) `over` wins. */
export function layTopology(base: Topology, over: Topology): Topology {
  const nodes = new Map(base.nodes.map((node) => [node.name, node]));
  for (const node of over.nodes) {
    const known = nodes.get(node.name);
    nodes.set(node.name, known === undefined ? node : both(known, node));
  }
  return { nodes: [...nodes.values()], links: [...base.links, ...over.links] };
}

function planVeth(
  { endpoints: [a, b], mtu = VETH_MTU, cause }: TopologyLink,
  settings: (ns: string, name: string) => DeviceSettings | undefined,
  machine: (ns: string) => string,
): VethResource {
  const end = ({ node, interface: name }: typeof a) => {
    const own = settings(node, name);
    return { up: true, ...own, ns: node, node: machine(node), name, mtu: own?.mtu ?? mtu };
  };
  return identified({ kind: "veth", cause, ...end(a), peer: end(b) });
}

/** Specs of what is on devices, in the order of these. */
export function inDeviceOrder<S extends Spec & { readonly dev: string }>(
  node: TopologyNode,
  specs: readonly S[],
): readonly S[] {
  const made = inBuildOrder(node).flatMap((spec) => deviceOf(spec)?.name ?? []);
  const others = node.settings.map(({ name }) => name).filter((name) => !made.includes(name));
  const places = new Map([...new Set([...others, ...made])].map((name, place) => [name, place]));
  return specs.toSorted((a, b) => (places.get(a.dev) ?? 0) - (places.get(b.dev) ?? 0));
}

function inBuildOrder({ resources }: TopologyNode): readonly Spec[] {
  const byKind = Map.groupBy(resources, ({ kind }) => kind);
  return KIND_ORDER.flatMap((kind) => byKind.get(kind) ?? []);
}

/** With the settings that others than its maker give to a device. */
function ownSpecs(node: TopologyNode, settings: ReadonlyMap<string, DeviceSettings>): readonly Spec[] {
  const isOnDevice = (spec: Spec): spec is Spec & { readonly dev: string } => definitionOf(spec).planned === "byDevice";
  const all = inBuildOrder(node);
  const specs = all.filter((spec) => !isOnDevice(spec));
  const set = specs.map((spec): Spec => {
    const over = settings.get(deviceOf(spec)?.name ?? "");
    return over === undefined ? spec : { ...spec, ...over };
  });
  return [...set, ...inDeviceOrder(node, all.filter(isOnDevice))];
}

/** Resources in the topology's order; an id that comes twice keeps its last entry, as a later line of a file wins. */
export function topologyResources(topology: Topology): readonly Resource[] {
  const machines = new Map(topology.nodes.map((node) => [node.name, node.node]));
  const settings = new Map(topology.nodes.map((node) => [node.name, settingsByName(node)]));
  const out: Resource[] = [];
  const later: Resource[] = [];
  for (const node of topology.nodes) {
    const place = { ns: node.name, node: node.node };
    const give = (spec: Spec): Resource => identified({ ...spec, ...place });
    const pod = node.pod === undefined ? undefined : namespacedName(node.pod);
    const requires = node.requires === undefined ? {} : { requires: node.requires };
    out.push(identified({ kind: "netns", ...place, cause: node.cause, role: node.role, pod, ...requires }));
    for (const spec of planBaseline(node)) out.push(give(spec));
    for (const spec of ownSpecs(node, settings.get(node.name) ?? new Map<string, DeviceSettings>()))
      (definitionOf(spec).planned === "first" ? out : later).push(give(spec));
    planIptables(node, later);
  }
  for (const link of topology.links)
    out.push(
      planVeth(
        link,
        (ns, name) => settings.get(ns)?.get(name),
        (ns) => machines.get(ns) ?? ns,
      ),
    );
  const unique = new Map<string, Resource>();
  for (const list of [out, later]) for (const resource of list) unique.set(resource.id, resource);
  return [...unique.values()];
}
