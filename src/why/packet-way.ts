/** The way that a lost packet should have gone: the namespaces and devices on it, and its addresses and ports. */
import { TUNNEL_TEXT } from "../capture/tunnel.ts";
import { canonicalAddress, addressMatches } from "../net/families.ts";
import type { Probe } from "../services/probe/protocol.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import { parseAddress } from "../net/address.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { Family } from "../net/family.ts";
import type { NamespaceState } from "../resources/observed.ts";
import type { LabGraph } from "./lab-graph.ts";

/** One shape of the packet: before or behind a translation, or its answer. */
export interface PacketShape {
  readonly from: string;
  readonly to: string;
  /** Absent: ICMP. */
  readonly ports?: readonly [from: number, to: number] | undefined;
  readonly protocol: "tcp" | "udp" | "sctp" | "icmp";
}

export interface PacketWay {
  readonly family: Family;
  /** The sender first. */
  readonly namespaces: readonly string[];
  /** `NAMESPACE DEVICE`, bridges and tunnels included. */
  readonly devices: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
  readonly shapes: readonly PacketShape[];
  /** It goes to a name, or queries one: files that resolve names matter. */
  readonly named: boolean;
  /** Where it is to arrive. */
  readonly destinations: readonly string[];
}

/** How many of a Service's endpoints are examined, where no packet has shown which it was sent to. */
const MOST_ENDPOINTS = 4;

/** `10.0.0.1:80`, `[fd00::1]:80`, or an address without port. */
function splitEnd(text: string): { readonly address: string; readonly port?: number | undefined } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  return port === undefined ? { address: text } : { address: bracketed ?? plain ?? "", port: Number(port) };
}

/** The text of Sighting.packet, `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN in VXLAN …`. */
export function shapeOf(packet: string): PacketShape | undefined {
  const [, source = "", destination = "", word = ""] = /^(\S+) > (\S+) (\w+)/.exec(packet) ?? [];
  if (word === "") return undefined;
  const [from, to] = [splitEnd(source), splitEnd(destination)];
  const protocol = ({ TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const)[word as "TCP"] ?? "icmp";
  const ports = from.port === undefined || to.port === undefined ? undefined : ([from.port, to.port] as const);
  return { from: canonicalAddress(from.address), to: canonicalAddress(to.address), ports, protocol };
}

/** The tunnel's own packet, where the shape is inside one. */
function outerShape(packet: string): PacketShape | undefined {
  const { from, to, tunnel } = TUNNEL_TEXT.exec(packet)?.groups ?? {};
  return from === undefined || to === undefined || tunnel?.startsWith("VXLAN") !== true
    ? undefined
    : { from: canonicalAddress(from), to: canonicalAddress(to), protocol: "udp" };
}

/** Addresses of pods behind the Service that has this address; a node port is any node's. */
function endpointsBehind(cluster: ClusterModel | undefined, address: string, port: number | undefined): string[] {
  const services = (cluster?.services ?? []).filter((service) => {
    const own = [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)];
    return (
      own.some((ip) => canonicalAddress(ip) === address) ||
      service.ports.some(({ nodePort }) => nodePort !== 0 && nodePort === port)
    );
  });
  return services.flatMap(({ namespace, name }) =>
    (cluster?.slices ?? [])
      .filter((slice) => slice.namespace === namespace && slice.service === name)
      .flatMap((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses.slice(0, 1)))
      .map(canonicalAddress),
  );
}

function firstShape(probe: Probe, to: string): PacketShape {
  const stream = probe.kind === "http" || probe.kind === "tcp" || (probe.kind === "dns" && probe.protocol === "tcp");
  const protocol = stream ? "tcp" : probe.kind === "ping" ? "icmp" : probe.kind === "sctp" ? "sctp" : "udp";
  return { from: "", to, protocol, ports: probe.kind === "ping" ? undefined : [0, probe.port] };
}

/** `sources`: the sender's own addresses. `anyEndpoint`: an earlier packet may have gone to another endpoint than the traced one. */
export function packetWay(
  graph: LabGraph,
  cluster: ClusterModel | undefined,
  probe: Probe,
  trace: Pick<TraceResult, "probe" | "sightings">,
  sources: readonly string[],
  anyEndpoint = false,
): PacketWay {
  const to = canonicalAddress(trace.probe.address ?? probe.to);
  const first = firstShape(probe, to);
  const seen = trace.sightings.flatMap(({ packet }) => shapeOf(packet) ?? []);
  const outer = trace.sightings.flatMap(({ packet }) => outerShape(packet) ?? []);
  const family: Family = to.includes(":") ? "ipv6" : "ipv4";
  const sameFamily = (address: string): boolean => address.includes(":") === (family === "ipv6");
  const sent = trace.sightings.filter(({ forward }) => forward).flatMap(({ packet }) => shapeOf(packet)?.to ?? []);
  const translated = sent.filter((address) => address !== to && graph.owners(address).length > 0);
  const behind = endpointsBehind(cluster, to, first.ports?.[1]).filter(sameFamily).slice(0, MOST_ENDPOINTS);
  const targets = [...new Set([to, ...translated, ...(translated.length === 0 || anyEndpoint ? behind : [])])];
  const destinations = [...new Set(targets.flatMap((address) => graph.owners(address)))];
  const hops = destinations.flatMap((ns) => graph.hops(probe.ns, ns) ?? []);
  const namespaces = [
    ...new Set([probe.ns, ...trace.sightings.map(({ ns }) => ns), ...hops.flatMap((hop) => hop.namespaces)]),
  ];
  const devices = new Set([
    ...hops.flatMap((hop) => hop.devices),
    ...trace.sightings.map(({ ns, iface }) => `${ns} ${iface}`),
    ...namespaces.flatMap((ns) => graph.tunnels(ns).map((device) => `${ns} ${device}`)),
  ]);
  const bridges = [...devices].flatMap((device) => {
    const [ns = "", name = ""] = device.split(" ");
    const master = graph.masterOf(ns, name);
    return master === undefined ? [] : [`${ns} ${master}`];
  });
  for (const bridge of bridges) devices.add(bridge);
  const own = sources.filter(sameFamily).map(canonicalAddress);
  return {
    family,
    namespaces,
    devices,
    destinations,
    named: probe.kind === "dns" || trace.probe.address !== undefined || parseAddress(probe.to) === undefined,
    shapes: [first, ...seen, ...outer, ...behind.map((address) => ({ ...first, to: address, ports: undefined }))],
    addresses: new Set([to, ...targets, ...own, ...[...seen, ...outer].flatMap((shape) => [shape.from, shape.to])]),
  };
}

/** Does one of the packet's addresses lie in it? `10.0.0.0/8`, `10.0.0.1`, `default`. */
export function concerns({ addresses }: PacketWay, prefix: string): boolean {
  return prefix === "default" || prefix === "all" || [...addresses].some((one) => addressMatches(one, prefix));
}

/** Devices of one namespace. */
export function devicesIn({ devices }: PacketWay, ns: string): ReadonlySet<string> {
  return new Set([...devices].flatMap((device) => (device.startsWith(`${ns} `) ? [device.slice(ns.length + 1)] : [])));
}

/** The packet's addresses and the gateways that a namespace has for them: whose MACs it may ask for. */
export function nextHops(state: NamespaceState | undefined, way: PacketWay): ReadonlySet<string> {
  const gateways = (state?.routes ?? []).flatMap(({ via, to }) =>
    via !== undefined && concerns(way, to === "0.0.0.0/0" || to === "::/0" ? "default" : to)
      ? [canonicalAddress(via)]
      : [],
  );
  return new Set([...way.addresses, ...gateways]);
}
