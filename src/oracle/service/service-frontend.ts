/**
 * What a packet to a Service means, and which endpoints there are for it: the terms of the oracles of all modes.
 * Made from Services and EndpointSlices alone.
 */
import { canonicalAddress, familyOf } from "../../net/families.ts";
import { isLoopback } from "../../net/special-address.ts";
import { joinHostPort } from "../../net/host-port.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import type { Family } from "../../net/family.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type {
  Endpoint,
  EndpointSliceModel,
  ProxyEngine,
  ProxyInput,
  ServiceModel,
  ServicePort,
} from "../../kube/service/service.ts";
import type { ServiceProtocol } from "../../net/protocol.ts";

export interface ServicePacket {
  /** `node`: a process of the node that decides; `pod`: from the pod network; `outside`: everything else. */
  readonly from: { readonly kind: "pod" | "node" | "outside"; readonly address: string };
  readonly to: string;
  readonly port: number;
  readonly protocol: ServiceProtocol;
}

/** Translated to one of these endpoints. */
export interface Translation {
  /** `10.244.1.2:80`, `[fd00::2]:80`; each equally likely. */
  readonly endpoints: readonly string[];
  /** The backend sees an address of the node instead of the client's. */
  readonly masquerade: boolean;
  /** Those of the endpoints that are masqueraded in any case: the client itself. */
  readonly hairpin: readonly string[];
}

/** `accept`: let in by the health check rule; `none`: kube-proxy leaves the packet alone. */
export type Decision =
  | Translation
  | "reject"
  | "drop"
  | "accept"
  | "none"
  /** Accepted by the proxy of userspace mode, which has no endpoint for it and closes the connection. */
  | "close";

export type FrontendKind = "clusterIP" | "externalIP" | "loadBalancerIP" | "nodePort";

/** The Service port that a packet is addressed to, and by which of its addresses. */
export interface Frontend {
  readonly kind: FrontendKind;
  readonly service: ServiceModel;
  readonly port: ServicePort;
}

export interface Candidate {
  readonly address: string;
  readonly ip: string;
  readonly usable: "ready" | "terminating" | "no";
  readonly local: boolean;
  readonly hints: Endpoint["hints"];
}

export function inRange(text: string, cidr: string): boolean {
  const address = parseAddress(text);
  const prefix = parsePrefix(cidr.trim());
  return address !== undefined && prefix !== undefined && prefixContains(prefix, address);
}

export function inRanges(text: string, cidrs: readonly string[]): boolean {
  return cidrs.some((cidr) => inRange(text, cidr));
}

/** Headless and ExternalName Services have no address to translate. */
export function isProxied(service: ServiceModel): boolean {
  return !service.headless && service.type !== "ExternalName" && service.clusterIPs.length > 0;
}

export function loadBalancerVIPs(service: ServiceModel): readonly string[] {
  return service.loadBalancerIPs.filter((entry) => entry.ipMode === "VIP").map((entry) => canonicalAddress(entry.ip));
}

/** Loopback node ports exist in iptables mode for IPv4 only (ground truth 1.6). */
function loopbackServed({ family, proxy }: ProxyInput): boolean {
  return family === "ipv4" && proxy.localhostNodePorts && engineOf(proxy) === "iptables";
}

function ownRanges(input: ProxyInput): readonly string[] | undefined {
  const own = input.proxy.nodePortAddresses?.filter((cidr) => familyOf(cidr) === input.family);
  return own === undefined || own.length === 0 ? undefined : own;
}

export function isLocalAddress(input: ProxyInput, address: string): boolean {
  return isLoopback(address) || input.nodeIPs.some((ip) => canonicalAddress(ip) === address);
}

/** All addresses of a Service, canonical. */
export function serviceAddresses(service: ServiceModel): readonly string[] {
  return [...service.clusterIPs, ...service.externalIPs, ...loadBalancerVIPs(service)].map(canonicalAddress);
}

/** Without nodePortAddresses node ports are on the node's primary address. */
const PRIMARY_ALONE: ReadonlySet<string> = new Set<ProxyEngine>(["nftables", "kube-router"]);

export function servesNodePorts(input: ProxyInput, address: string): boolean {
  if (!isLocalAddress(input, address)) return false;
  if (isLoopback(address) && !loopbackServed(input)) return false;
  const ranges = ownRanges(input);
  if (ranges !== undefined) return inRanges(address, ranges);
  return !PRIMARY_ALONE.has(engineOf(input.proxy)) || canonicalAddress(input.nodeIPs[0] ?? "") === address;
}

/** The Service port that the packet is for: Service addresses come before node ports. */
export function findFrontend(
  input: ProxyInput,
  packet: Pick<ServicePacket, "to" | "port" | "protocol">,
): Frontend | undefined {
  const to = canonicalAddress(packet.to);
  const all = input.services
    .filter(isProxied)
    .flatMap((service) =>
      service.ports.filter((port) => port.protocol === packet.protocol).map((port) => ({ service, port })),
    );
  for (const { service, port } of all) {
    if (port.port !== packet.port) continue;
    if (service.clusterIPs.some((ip) => canonicalAddress(ip) === to)) return { kind: "clusterIP", service, port };
    if (service.externalIPs.some((ip) => canonicalAddress(ip) === to)) return { kind: "externalIP", service, port };
    if (loadBalancerVIPs(service).includes(to)) return { kind: "loadBalancerIP", service, port };
  }
  if (packet.port === 0 || !isLocalAddress(input, to)) return undefined;
  const found = all.find(({ service, port }) => port.nodePort === packet.port && hasFamily(service, input.family));
  return found === undefined ? undefined : { kind: "nodePort", ...found };
}

function hasFamily(service: ServiceModel, family: Family): boolean {
  return service.clusterIPs.some((ip) => familyOf(ip) === family);
}

/** To the port at which an external load balancer asks whether the node has an endpoint of the Service. */
export function isHealthCheck(input: ProxyInput, { to, port, protocol }: ServicePacket): boolean {
  if (port === 0 || protocol !== "TCP" || !isLocalAddress(input, canonicalAddress(to))) return false;
  return input.services.some(
    (service) =>
      service.type === "LoadBalancer" &&
      service.externalTrafficPolicy === "Local" &&
      service.healthCheckNodePort === port &&
      hasFamily(service, input.family),
  );
}

function usable(endpoint: Endpoint): Candidate["usable"] {
  if (endpoint.ready) return "ready";
  return endpoint.serving && endpoint.terminating ? "terminating" : "no";
}

function belongs(slice: EndpointSliceModel, service: ServiceModel, family: Family): boolean {
  return slice.family === family && slice.namespace === service.namespace && slice.service === service.name;
}

/** The endpoints of one Service port; the same address and port in two slices counts once. */
export function candidates(input: ProxyInput, { service, port }: Frontend): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const slices = input.slices.filter((slice) => belongs(slice, service, input.family));
  for (const slice of slices.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const target of slice.ports) {
      if (target.name !== port.name || target.protocol !== port.protocol) continue;
      for (const endpoint of slice.endpoints) {
        const ip = canonicalAddress(endpoint.addresses[0] ?? "");
        const address = joinHostPort(ip, target.port);
        const local = endpoint.nodeName === input.nodeName;
        if (found.get(address)?.local !== true || local)
          found.set(address, { address, ip, usable: usable(endpoint), local, hints: endpoint.hints });
      }
    }
  }
  return [...found.values()];
}

/** Ready ones; only when there is none, those that still serve while they terminate (KEP-1669). */
export function choose(all: readonly Candidate[]): readonly Candidate[] {
  const ready = all.filter((one) => one.usable === "ready");
  return ready.length > 0 ? ready : all.filter((one) => one.usable === "terminating");
}

/** The endpoints that are hinted to this node, else to its zone; hints count only when every endpoint has them (KEP-2433, KEP-3015). */
function near(input: ProxyInput, all: readonly Candidate[]): readonly Candidate[] {
  const hinted = (
    of: (hints: NonNullable<Endpoint["hints"]>) => readonly string[],
    here: string | undefined,
  ): readonly Candidate[] => {
    if (here === undefined || all.some((one) => one.hints === undefined || of(one.hints).length === 0)) return [];
    return all.filter((one) => one.hints !== undefined && of(one.hints).includes(here));
  };
  const sameNode = hinted((hints) => hints.forNodes, input.nodeName);
  const sameZone = sameNode.length > 0 ? sameNode : hinted((hints) => hints.forZones, input.zone);
  return sameZone.length > 0 ? sameZone : all;
}

/** The endpoints for policy Cluster. Hints are ignored once only terminating endpoints are left. */
export function everywhere(input: ProxyInput, all: readonly Candidate[]): readonly Candidate[] {
  const chosen = choose(all);
  return chosen[0]?.usable === "ready" ? near(input, chosen) : chosen;
}

/** `masquerade`: whatever the client. */
export function translation(packet: ServicePacket, chosen: readonly Candidate[], masquerade: boolean): Translation {
  const source = canonicalAddress(packet.from.address);
  return {
    endpoints: chosen.map((one) => one.address).toSorted(),
    masquerade,
    hairpin: chosen.filter((one) => one.ip === source).map((one) => one.address),
  };
}

export function fromPod(input: ProxyInput, packet: ServicePacket): boolean {
  return input.podCIDR !== undefined && inRange(packet.from.address, input.podCIDR);
}
