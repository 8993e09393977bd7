/**
 * What happens to a packet to a Service in ipvs mode (kubernetes pkg/proxy/ipvs): virtual servers on addresses that the node
 * itself has, so that other ports on them are refused by the node.
 */
import { canonicalAddress, familyOf } from "../../net/families.ts";
import type { ProxyInput, ServiceModel } from "../../kube/service/service.ts";
import {
  candidates,
  choose,
  everywhere,
  findFrontend,
  fromPod,
  isHealthCheck,
  inRanges,
  isLocalAddress,
  isProxied,
  loadBalancerVIPs,
  serviceAddresses,
  servesNodePorts,
  translation,
} from "./service-frontend.ts";
import type { Decision, Frontend, ServicePacket } from "./service-frontend.ts";

/** An address that kube-ipvs0 has: other ports than the Service's are refused there. */
function isBound(input: ProxyInput, address: string): boolean {
  const all = input.services.filter(isProxied).flatMap(serviceAddresses);
  return all.includes(address) && !isLocalAddress(input, address);
}

function decideUnknown(input: ProxyInput, packet: ServicePacket): Decision {
  if (isHealthCheck(input, packet)) return "accept";
  return isBound(input, canonicalAddress(packet.to)) ? "reject" : "none";
}

/** Outside clients may use the port. */
function isAccessible({ service, port }: Frontend): boolean {
  return port.nodePort !== 0 || service.externalIPs.length > 0 || loadBalancerVIPs(service).length > 0;
}

/** The node sends to its own load balancer address from that address: it passes where the node itself would. */
function passesRanges(input: ProxyInput, packet: ServicePacket, service: ServiceModel): boolean {
  const ranges = service.loadBalancerSourceRanges.filter((cidr) => familyOf(cidr) === input.family);
  if (ranges.length === 0) return true;
  const own = packet.from.kind === "node" || canonicalAddress(packet.from.address) === canonicalAddress(packet.to);
  return inRanges(own ? (input.nodeIPs[0] ?? "") : packet.from.address, ranges);
}

export function decideIpvs(input: ProxyInput, packet: ServicePacket): Decision {
  const frontend = findFrontend(input, packet);
  if (frontend === undefined) return decideUnknown(input, packet);
  const { kind, service } = frontend;
  if (kind === "nodePort" && !servesNodePorts(input, canonicalAddress(packet.to))) return "none";
  if (kind === "loadBalancerIP" && !passesRanges(input, packet, service)) return "drop";
  const all = candidates(input, frontend);
  const internal = kind === "clusterIP";
  const policy = internal ? service.internalTrafficPolicy : service.externalTrafficPolicy;
  const local = policy === "Local" ? choose(all.filter((one) => one.local)) : [];
  // Without an endpoint of its own the node uses any (kubernetes pull 97081), as no other mode does; but where nothing
  // requires policy Cluster it knows no others.
  const knowsAll = service.internalTrafficPolicy === "Cluster" || isAccessible(frontend);
  const chosen = local.length > 0 ? local : knowsAll ? everywhere(input, all) : [];
  if (chosen.length === 0) return "reject";
  if (!internal) return translation(packet, chosen, policy === "Cluster");
  const { masqueradeAll } = input.proxy;
  const outside = input.podCIDR === undefined ? packet.from.kind === "node" : !fromPod(input, packet);
  return translation(packet, chosen, masqueradeAll || outside);
}
