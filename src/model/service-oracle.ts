/**
 * What Kubernetes does with a packet to a Service, decided from Services and EndpointSlices alone. It knows nothing of
 * chains and maps: the generators of rules (plan/kube-proxy) are checked against it, so it must not share their code.
 */
import type { Family } from "../plan/resource.ts";
import { formatAddress, parseAddress, parsePrefix, prefixContains } from "./address.ts";
import type {
  Endpoint,
  EndpointSliceModel,
  ProxyInput,
  ServiceModel,
  ServicePort,
  ServiceProtocol,
} from "./service.ts";

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
  /** Those of the endpoints that are the client itself: masqueraded in any case. */
  readonly hairpin: readonly string[];
}

/** `accept`: let in by the health check rule; `none`: kube-proxy leaves the packet alone. */
export type Decision = Translation | "reject" | "drop" | "accept" | "none";

export type FrontendKind = "clusterIP" | "externalIP" | "loadBalancerIP" | "nodePort";

/** The Service port that a packet is addressed to, and by which of its addresses. */
export interface Frontend {
  readonly kind: FrontendKind;
  readonly service: ServiceModel;
  readonly port: ServicePort;
}

interface Candidate {
  readonly address: string;
  readonly ip: string;
  readonly usable: "ready" | "terminating" | "no";
  readonly local: boolean;
  readonly hints: Endpoint["hints"];
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

function familyOf(text: string): Family {
  return text.includes(":") ? "ipv6" : "ipv4";
}

function inRange(text: string, cidr: string): boolean {
  const address = parseAddress(text);
  const prefix = parsePrefix(cidr.trim());
  return address !== undefined && prefix !== undefined && prefixContains(prefix, address);
}

function inRanges(text: string, cidrs: readonly string[]): boolean {
  return cidrs.some((cidr) => inRange(text, cidr));
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** Headless and ExternalName Services have no address that anybody could translate. */
function isProxied(service: ServiceModel): boolean {
  return !service.headless && service.type !== "ExternalName" && service.clusterIPs.length > 0;
}

function loadBalancerVIPs(service: ServiceModel): readonly string[] {
  return service.loadBalancerIPs.filter((entry) => entry.ipMode === "VIP").map((entry) => canonical(entry.ip));
}

/** Loopback node ports exist in iptables mode for IPv4 only (ground truth 1.6). */
function loopbackServed({ family, proxy }: ProxyInput): boolean {
  return family === "ipv4" && proxy.localhostNodePorts && proxy.mode !== "nftables";
}

function ownRanges(input: ProxyInput): readonly string[] | undefined {
  const own = input.proxy.nodePortAddresses?.filter((cidr) => familyOf(cidr) === input.family);
  return own === undefined || own.length === 0 ? undefined : own;
}

function isLocalAddress(input: ProxyInput, address: string): boolean {
  return isLoopback(address) || input.nodeIPs.some((ip) => canonical(ip) === address);
}

function servesNodePorts(input: ProxyInput, address: string): boolean {
  if (!isLocalAddress(input, address)) return false;
  if (isLoopback(address) && !loopbackServed(input)) return false;
  const ranges = ownRanges(input);
  if (ranges !== undefined) return inRanges(address, ranges);
  return input.proxy.mode !== "nftables" || canonical(input.nodeIPs[0] ?? "") === address;
}

/** The Service port that the packet means: Service addresses come before node ports. */
export function findFrontend(
  input: ProxyInput,
  packet: Pick<ServicePacket, "to" | "port" | "protocol">,
): Frontend | undefined {
  const to = canonical(packet.to);
  const all = input.services
    .filter(isProxied)
    .flatMap((service) =>
      service.ports.filter((port) => port.protocol === packet.protocol).map((port) => ({ service, port })),
    );
  for (const { service, port } of all) {
    if (port.port !== packet.port) continue;
    if (service.clusterIPs.some((ip) => canonical(ip) === to)) return { kind: "clusterIP", service, port };
    if (service.externalIPs.some((ip) => canonical(ip) === to)) return { kind: "externalIP", service, port };
    if (loadBalancerVIPs(service).includes(to)) return { kind: "loadBalancerIP", service, port };
  }
  if (packet.port === 0 || !isLocalAddress(input, to)) return undefined;
  const found = all.find(({ service, port }) => port.nodePort === packet.port && hasFamily(service, input.family));
  return found === undefined ? undefined : { kind: "nodePort", ...found };
}

function hasFamily(service: ServiceModel, family: Family): boolean {
  return service.clusterIPs.some((ip) => familyOf(ip) === family);
}

/** `10.244.1.2:80`, `[fd00::2]:80`. */
function socketAddress(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function usable(endpoint: Endpoint): Candidate["usable"] {
  if (endpoint.ready) return "ready";
  return endpoint.serving && endpoint.terminating ? "terminating" : "no";
}

function belongs(slice: EndpointSliceModel, service: ServiceModel, family: Family): boolean {
  return slice.family === family && slice.namespace === service.namespace && slice.service === service.name;
}

/** The endpoints of one Service port; the same address and port in two slices counts once. */
function candidates(input: ProxyInput, { service, port }: Frontend): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const slices = input.slices.filter((slice) => belongs(slice, service, input.family));
  for (const slice of slices.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const target of slice.ports) {
      if (target.name !== port.name || target.protocol !== port.protocol) continue;
      for (const endpoint of slice.endpoints) {
        const ip = canonical(endpoint.addresses[0] ?? "");
        const address = socketAddress(ip, target.port);
        const local = endpoint.nodeName === input.nodeName;
        if (found.get(address)?.local !== true || local)
          found.set(address, { address, ip, usable: usable(endpoint), local, hints: endpoint.hints });
      }
    }
  }
  return [...found.values()];
}

/** Ready ones; only when there is none, those that still serve while they terminate (KEP-1669). */
function choose(all: readonly Candidate[]): readonly Candidate[] {
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

/** The endpoints for policy Cluster. Hints are of no use once only terminating endpoints are left. */
function everywhere(input: ProxyInput, all: readonly Candidate[]): readonly Candidate[] {
  const chosen = choose(all);
  return chosen[0]?.usable === "ready" ? near(input, chosen) : chosen;
}

function translation(
  input: ProxyInput,
  packet: ServicePacket,
  chosen: readonly Candidate[],
  masquerade: boolean,
): Translation {
  const source = canonical(packet.from.address);
  return {
    endpoints: chosen.map((one) => one.address).toSorted(),
    masquerade: masquerade || input.proxy.mode === "userspace",
    hairpin: chosen.filter((one) => one.ip === source).map((one) => one.address),
  };
}

function fromPod(input: ProxyInput, packet: ServicePacket): boolean {
  return input.podCIDR !== undefined && inRange(packet.from.address, input.podCIDR);
}

function decideInternal(
  input: ProxyInput,
  packet: ServicePacket,
  { service }: Frontend,
  all: readonly Candidate[],
): Decision {
  const local = service.internalTrafficPolicy === "Local";
  const chosen = local ? choose(all.filter((one) => one.local)) : everywhere(input, all);
  if (chosen.length === 0) return "drop";
  const { masqueradeAll } = input.proxy;
  return translation(input, packet, chosen, masqueradeAll || (input.podCIDR !== undefined && !fromPod(input, packet)));
}

function decideExternal(
  input: ProxyInput,
  packet: ServicePacket,
  { service }: Frontend,
  all: readonly Candidate[],
): Decision {
  if (service.externalTrafficPolicy === "Cluster") return translation(input, packet, everywhere(input, all), true);
  // Inside the cluster there is no client address to keep: every endpoint may serve.
  if (fromPod(input, packet)) return translation(input, packet, everywhere(input, all), false);
  if (packet.from.kind === "node") return translation(input, packet, everywhere(input, all), true);
  const chosen = choose(all.filter((one) => one.local));
  return chosen.length === 0 ? "drop" : translation(input, packet, chosen, false);
}

/** loadBalancerSourceRanges; the address itself too, when the node lies inside: its own connections to it come back so. */
function passesRanges(input: ProxyInput, packet: ServicePacket, service: ServiceModel): boolean {
  const ranges = service.loadBalancerSourceRanges.filter((cidr) => familyOf(cidr) === input.family);
  if (ranges.length === 0 || inRanges(packet.from.address, ranges)) return true;
  const nodeInside = input.nodeIPs.some((ip) => inRanges(ip, ranges));
  return nodeInside && canonical(packet.from.address) === canonical(packet.to);
}

/** Nobody's Service port: the health check's door, and what nftables mode says about the Service range. */
function decideUnknown(input: ProxyInput, packet: ServicePacket): Decision {
  const to = canonical(packet.to);
  if (input.proxy.mode === "nftables") {
    const taken = input.services.some(
      (service) => isProxied(service) && service.clusterIPs.some((ip) => canonical(ip) === to),
    );
    if (taken) return "reject";
    return input.serviceCIDR !== undefined && inRange(to, input.serviceCIDR) ? "drop" : "none";
  }
  const opened = input.services.some(
    (service) =>
      service.type === "LoadBalancer" &&
      service.externalTrafficPolicy === "Local" &&
      service.healthCheckNodePort === packet.port &&
      hasFamily(service, input.family),
  );
  return opened && packet.port !== 0 && packet.protocol === "TCP" && isLocalAddress(input, to) ? "accept" : "none";
}

/**
 * A node port on an address where node ports are not served. iptables mode refuses and drops on every local address all
 * the same: its filter rules ask for destination type LOCAL, not for the addresses of --nodeport-addresses.
 */
function decideUnserved(input: ProxyInput, frontend: Frontend, all: readonly Candidate[]): Decision {
  if (input.proxy.mode === "nftables") return "none";
  if (choose(all).length === 0) return "reject";
  const noneLocal =
    frontend.service.externalTrafficPolicy === "Local" && choose(all.filter((one) => one.local)).length === 0;
  return noneLocal ? "drop" : "none";
}

/** What the node of `input` does with a packet that it sends, forwards or receives. */
export function decide(input: ProxyInput, packet: ServicePacket): Decision {
  if (familyOf(packet.to) !== input.family) return "none";
  const frontend = findFrontend(input, packet);
  if (frontend === undefined) return decideUnknown(input, packet);
  const all = candidates(input, frontend);
  const any = choose(all).length > 0;
  const nftables = input.proxy.mode === "nftables";
  const to = canonical(packet.to);
  if (frontend.kind === "loadBalancerIP" && (any || nftables) && !passesRanges(input, packet, frontend.service))
    return "drop";
  if (frontend.kind === "nodePort" && !servesNodePorts(input, to)) return decideUnserved(input, frontend, all);
  // In iptables mode the chain that refuses these is not hooked into OUTPUT: a node's own packets go out (ground truth 1.2).
  const unheard = packet.from.kind === "node" && (frontend.kind === "externalIP" || frontend.kind === "loadBalancerIP");
  if (!any) return unheard && !nftables ? "none" : "reject";
  return frontend.kind === "clusterIP"
    ? decideInternal(input, packet, frontend, all)
    : decideExternal(input, packet, frontend, all);
}
