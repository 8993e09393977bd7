/** Why a packet stopped where it was last seen: routing, ARP and neighbour entries, the tunnel. */
import type { Probe } from "../services/probe/protocol.ts";
import type { Sighting, TraceResult } from "../services/trace/protocol.ts";
import { OTHER_MAC } from "../services/trace/last-seen.ts";
import { formatNamespace } from "../net/place.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { LabGraph } from "./lab-graph.ts";
import type { LossContext } from "./lost-packet.ts";
import { concerns, nextHops, shapeOf } from "./packet-way.ts";
import type { PacketShape, PacketWay } from "./packet-way.ts";
import { routingProblem, unansweredText } from "./routing.ts";
import { labNodes } from "../cluster/lab-clusters.ts";

export interface Standstill {
  readonly graph: LabGraph;
  readonly probe: Probe;
  readonly trace: TraceResult;
  /** Where it was last seen. */
  readonly place: Sighting | undefined;
  readonly way: PacketWay;
  readonly observed: ObservedState;
}

/** IP and ICMP headers in front of a ping's payload, bytes. */
const HEADERS = { ipv4: 28, ipv6: 48 } as const;

/** `expected`: the way through the lab's topology. */
export function wrongTunnel({ destinations, namespaces }: PacketWay, place: Sighting | undefined): string | undefined {
  const [destination] = destinations;
  if (place?.encapsulated !== true || destination === undefined || namespaces.includes(place.ns)) return undefined;
  return `the tunnel leads to ${formatNamespace(place.ns)}, which is not on the way to ${formatNamespace(destination)}`;
}

/** A neighbour entry. */
export interface WrongNeighbour {
  readonly ns: string;
  readonly address: string;
  readonly dev: string;
  /** Learnt from an answer, not set by hand. */
  readonly learnt: boolean;
  readonly text: string;
}

/** A device with this MAC answers for the address, by a proxy entry. */
function answersFor(namespaces: ObservedState["namespaces"], address: string, mac: string): boolean {
  return Object.values(namespaces).some(({ neighs, links }) =>
    neighs.some(
      (one) =>
        one.mac === undefined && one.address === address && links.find(({ name }) => name === one.dev)?.mac === mac,
    ),
  );
}

/** One on the way that has another MAC than the device with that address. */
export function wrongNeighbour(
  graph: LabGraph,
  way: PacketWay,
  { namespaces }: Pick<ObservedState, "namespaces">,
): WrongNeighbour | undefined {
  for (const ns of way.namespaces)
    for (const { address, mac, dev, state } of namespaces[ns]?.neighs ?? []) {
      const owner = graph.owners(address).find((one) => namespaces[one]?.exists);
      const there = owner === undefined ? undefined : namespaces[owner];
      const device = there?.addrs.find((one) => one.address.split("/")[0] === address)?.dev;
      const own = there?.links.find(({ name }) => name === device)?.mac;
      if (mac === undefined || own === undefined || mac === own || owner === undefined) continue;
      // A node answers on a pod's cable for all of its addresses.
      const far = namespaces[ns]?.links.find(({ name }) => name === dev)?.peer;
      if (far?.ns === owner && there?.links.find(({ name }) => name === far.name)?.mac === mac) continue;
      if (answersFor(namespaces, address, mac)) continue;
      const text = `${formatNamespace(ns)} takes ${mac} for ${address} on ${dev}, but ${device} of ${formatNamespace(owner)} has ${own}`;
      return { ns, address, dev, learnt: state !== "permanent", text };
    }
  return undefined;
}

/** Where a node's NAT sends what came to the node's own address: to the pod of a node port, or to who sent what it answers. */
function behindNat(
  { shapes }: PacketWay,
  graph: LabGraph,
  { ns, forward }: Sighting,
  { from, to }: PacketShape,
): readonly string[] {
  const found = forward
    ? shapes.flatMap((one) => (one.to === to || one.to === from ? [] : [one.to]))
    : shapes.flatMap((one) => (one.to === from && one.from !== to ? [one.from] : []));
  return [...new Set(found)].filter((address) => {
    const owners = graph.owners(address);
    return owners.length > 0 && !owners.includes(ns);
  });
}

/** Why it stopped in the namespace in which it was last seen. */
export async function problemAt(
  { client, lab }: Pick<LossContext, "client" | "lab">,
  { graph, probe, trace, place, way, observed }: Standstill,
): Promise<string | undefined> {
  const { family } = way;
  const nodes = new Set(labNodes(lab).map(({ name }) => name));
  const ns = place?.ns ?? probe.ns;
  const state = observed.namespaces[ns];
  const asked = trace.unanswered.find(
    (one) => one.ns === ns && concerns({ ...way, addresses: nextHops(state, way) }, one.address),
  );
  if (asked !== undefined) return unansweredText(asked.address, asked.iface, formatNamespace(ns));
  if (place === undefined) {
    const to = trace.probe.address ?? probe.to;
    return trace.probe.outcome === "noname" ? undefined : routingProblem(client, { ns, to, family }, state);
  }
  if (place.packet.endsWith(OTHER_MAC)) return wrongNeighbour(graph, way, observed)?.text;
  const shape = shapeOf(place.packet);
  const isPort = graph.masterOf(ns, place.iface) !== undefined;
  if (place.direction !== "in" || shape === undefined || place.encapsulated || isPort) return undefined;
  const arrived = graph.owners(shape.to).includes(ns);
  // A node translates a Service's address before routing sees it; it has no rule for pings.
  const translates = nodes.has(ns) && place.forward && probe.kind !== "ping" && graph.owners(shape.to).length === 0;
  const behind = way.shapes.find(({ to }) => to !== shape.to && graph.owners(to).length > 0)?.to;
  const to = translates ? (behind ?? shape.to) : shape.to;
  if (arrived && state?.exists === true && !state.addrs.some(({ address }) => address.split("/")[0] === shape.to))
    return `${formatNamespace(ns)} does not have the address ${shape.to}`;
  const size = probe.kind === "ping" && probe.df ? (probe.size ?? 0) + HEADERS[family] : undefined;
  const into = await routingProblem(client, { ns, to, family, from: shape.from, iif: place.iface, size }, state);
  if (into !== undefined) return into;
  if (!arrived) return undefined;
  for (const behind of nodes.has(ns) ? behindNat(way, graph, place, shape) : []) {
    const question = { ns, to: behind, family, from: shape.from, iif: place.iface, size };
    const refused = await routingProblem(client, question, state);
    if (refused !== undefined) return `translated to ${behind}, ${refused}`;
  }
  const ignored = family === "ipv6" ? "net.ipv6.icmp.echo_ignore_all" : "net.ipv4.icmp_echo_ignore_all";
  if (probe.kind === "ping" && state?.sysctls[ignored]?.trim() === "1")
    return `${formatNamespace(ns)} ignores echo requests (${ignored} is 1)`;
  const back = await routingProblem(client, { ns, to: shape.from, family }, state);
  return back === undefined ? undefined : `no way back: ${back}`;
}
