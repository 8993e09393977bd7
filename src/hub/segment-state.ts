/** What is reported of a switch that is a network of the engine, which cannot be inspected: what was requested; and of a machine that is gone. */
import type { NamespaceState, ObservedLink } from "../resources/observed.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import type { Resource } from "../resources/resource.ts";

const LOOPBACK: ObservedLink = {
  index: 1,
  name: "lo",
  kind: "loopback",
  mac: "00:00:00:00:00:00",
  mtu: 65_536,
  up: true,
  carrier: true,
};
const DEFAULT_MTU = 1500;
const UNKNOWN_MAC = "00:00:00:00:00:00";

const NOTHING = {
  links: [],
  addrs: [],
  routes: [],
  rules: [],
  neighs: [],
  fdb: [],
  sysctls: {},
  iptables: {},
  qdiscs: [],
};

/** A namespace of a machine that is gone. */
export function goneState(ns: string, node: string): NamespaceState {
  return { ...NOTHING, ns, node, netns: `container ${node} (gone)`, exists: false };
}

/** `network`: its name on the engine. */
export function switchState(ns: string, network: string, resources: Iterable<Resource>): NamespaceState {
  const links: ObservedLink[] = [LOOPBACK];
  const sysctls: Record<string, string> = {};
  let node = ns;
  for (const resource of resources) {
    if (resource.kind === "veth") {
      for (const [end, far] of [[resource, resource.peer] as const, [resource.peer, resource] as const]) {
        if (end.ns !== ns) continue;
        links.push({ ...link(links.length + 1, end.name, "veth", end), peer: { ns: far.ns, name: far.name } });
      }
    } else if (resource.ns === ns) {
      if (resource.kind === "netns") node = resource.node;
      if (resource.kind === "bridge") {
        const { stp, ageingSeconds } = resource;
        links.push({
          ...link(links.length + 1, resource.name, "bridge", resource),
          stp,
          ...(ageingSeconds === undefined ? {} : { ageingSeconds }),
        });
      }
      if (resource.kind === "sysctl") sysctls[resource.key] = resource.value;
    }
  }
  return { ...NOTHING, ns, node, netns: `network ${network}`, exists: true, links, sysctls };
}

function link(index: number, name: string, kind: string, settings: LinkSettings): ObservedLink {
  const { mac, mtu, up, master, hairpin, isolated, learning } = settings;
  return {
    index,
    name,
    kind,
    mac: mac ?? UNKNOWN_MAC,
    mtu: mtu ?? DEFAULT_MTU,
    up,
    carrier: up,
    ...(master === undefined
      ? {}
      : { master, hairpin: hairpin ?? false, isolated: isolated ?? false, learning: learning ?? true }),
  };
}
