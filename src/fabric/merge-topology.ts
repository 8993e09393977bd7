/**
 * Overlays the lab file's raw layer on the compiled cluster: a node of the same name gets the raw additions, and where both
 * define the same object (a device, a route, a forwarding entry, a sysctl) the lab file wins.
 */
import type {
  Topology,
  TopologyBridge,
  TopologyInterface,
  TopologyNode,
  TopologyRoute,
  TopologyVxlan,
} from "./topology.ts";
import { fdbKey } from "../resources/fdb/definition.ts";
import { canonicalSysctl } from "../resources/sysctl-key.ts";

/** Entries of both, later ones of the same key in the place of earlier ones. */
function mergeBy<T>(base: readonly T[], over: readonly T[], key: (item: T) => string): readonly T[] {
  if (over.length === 0) return base;
  const merged = new Map(base.map((item) => [key(item), item]));
  for (const item of over) merged.set(key(item), item);
  return [...merged.values()];
}

/** Given settings override; addresses are added. */
function mergeDevice<T extends TopologyInterface>(base: T, over: TopologyInterface): T {
  const given = Object.fromEntries(
    Object.entries(over).filter(([key, value]) => value !== undefined && key !== "addresses" && key !== "cause"),
  );
  return {
    ...base,
    ...given,
    addresses: mergeBy(base.addresses, over.addresses, (it) => it.address),
    cause: base.cause,
  };
}

export function routeKey(route: Pick<TopologyRoute, "family" | "to" | "table" | "metric">): string {
  return [route.family, route.to, route.table, route.metric ?? ""].join("|");
}

function mergeNode(base: TopologyNode, over: TopologyNode): TopologyNode {
  // An `interfaces` entry may also refer to a bridge or a VXLAN that the cluster made (`flannel.1: { mtu: 1400 }`).
  const settings = new Map(over.interfaces.map((it) => [it.name, it]));
  const withSettings = <T extends TopologyInterface>(devices: readonly T[]): readonly T[] =>
    devices.map((device) => {
      const extra = settings.get(device.name);
      if (extra === undefined) return device;
      settings.delete(device.name);
      return mergeDevice(device, extra);
    });
  const overBridges = new Map(over.bridges.map((it) => [it.name, it]));
  const overVxlans = new Map(over.vxlans.map((it) => [it.name, it]));
  const replaced = <T extends TopologyBridge | TopologyVxlan>(
    devices: readonly T[],
    given: Map<string, T>,
  ): readonly T[] => {
    const merged = devices.map((device) => {
      const extra = given.get(device.name);
      given.delete(device.name);
      return extra === undefined ? device : mergeDevice(device, extra);
    });
    return [...merged, ...given.values()];
  };
  const bridges = withSettings(replaced(base.bridges, overBridges));
  const vxlans = withSettings(replaced(base.vxlans, overVxlans));
  const interfaces = withSettings(base.interfaces);
  return {
    ...base,
    bridges,
    vxlans,
    interfaces: [...interfaces, ...settings.values()],
    dummies: [...base.dummies, ...over.dummies],
    routes: mergeBy(base.routes, over.routes, routeKey),
    rules: [...base.rules, ...over.rules],
    neighbors: mergeBy(base.neighbors, over.neighbors, (it) => `${it.dev} ${it.to} ${it.proxy === true}`),
    fdb: mergeBy(base.fdb, over.fdb, fdbKey),
    sysctls: mergeBy(base.sysctls, over.sysctls, (it) => canonicalSysctl(it.key)),
    iptables: [...base.iptables, ...over.iptables],
    ipsets: mergeBy(base.ipsets, over.ipsets, (it) => it.name),
    ipvs: [...base.ipvs, ...over.ipvs],
    nft: mergeBy(base.nft, over.nft, (it) => `${it.family} ${it.table}`),
    conntrack: [...base.conntrack, ...over.conntrack],
    servers: mergeBy(base.servers, over.servers, (it) => `${it.protocol}/${it.port}`),
    proxies: [...base.proxies, ...over.proxies],
    watches: [...base.watches, ...over.watches],
    dns: mergeBy(base.dns, over.dns, (it) => String(it.port)),
    processes: mergeBy(base.processes, over.processes, (it) => it.name),
    volumes: [...base.volumes, ...over.volumes],
    files: mergeBy(base.files, over.files, (it) => `${it.pod ?? ""} ${it.path}`),
  };
}

export function mergeTopology(base: Topology, over: Topology): Topology {
  const nodes = new Map(base.nodes.map((node) => [node.name, node]));
  for (const node of over.nodes) {
    const compiled = nodes.get(node.name);
    nodes.set(node.name, compiled === undefined ? node : mergeNode(compiled, node));
  }
  return { nodes: [...nodes.values()], links: [...base.links, ...over.links] };
}
