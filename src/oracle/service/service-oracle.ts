/**
 * What Kubernetes does with a packet to a Service, decided from Services and EndpointSlices alone. It is independent of
 * chains and maps: the generators of rules (cluster/kube-proxy) are checked against it, so it must not share their code.
 */
import { canonicalAddress, familyOf } from "../../net/families.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import type { ProxyEngine, ProxyInput, ServiceModel } from "../../kube/service/service.ts";
import {
  candidates,
  choose,
  everywhere,
  findFrontend,
  isHealthCheck,
  inRange,
  inRanges,
  isProxied,
  servesNodePorts,
  fromPod,
  translation,
} from "./service-frontend.ts";
import type { Candidate, Decision, Frontend, ServicePacket } from "./service-frontend.ts";
import { decideIpvs } from "./service-oracle-ipvs.ts";
import { decideKubeRouter } from "./service-oracle-kube-router.ts";
import { decideUserspace } from "./service-oracle-userspace.ts";

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
  return translation(packet, chosen, masqueradeAll || (input.podCIDR !== undefined && !fromPod(input, packet)));
}

function decideExternal(
  input: ProxyInput,
  packet: ServicePacket,
  { service }: Frontend,
  all: readonly Candidate[],
): Decision {
  if (service.externalTrafficPolicy === "Cluster") return translation(packet, everywhere(input, all), true);
  // Inside the cluster there is no client address to keep: every endpoint may serve.
  if (fromPod(input, packet)) return translation(packet, everywhere(input, all), false);
  if (packet.from.kind === "node") return translation(packet, everywhere(input, all), true);
  const chosen = choose(all.filter((one) => one.local));
  return chosen.length === 0 ? "drop" : translation(packet, chosen, false);
}

/** loadBalancerSourceRanges; the address itself too, when the node is inside: its own connections to it have that source. */
function passesRanges(input: ProxyInput, packet: ServicePacket, service: ServiceModel): boolean {
  const ranges = service.loadBalancerSourceRanges.filter((cidr) => familyOf(cidr) === input.family);
  if (ranges.length === 0 || inRanges(packet.from.address, ranges)) return true;
  const nodeInside = input.nodeIPs.some((ip) => inRanges(ip, ranges));
  return nodeInside && canonicalAddress(packet.from.address) === canonicalAddress(packet.to);
}

/** Not a Service port: the health check's port, and nftables mode's rules for the Service range. */
function decideUnknown(input: ProxyInput, packet: ServicePacket): Decision {
  const to = canonicalAddress(packet.to);
  if (engineOf(input.proxy) === "nftables") {
    const taken = input.services.some(
      (service) => isProxied(service) && service.clusterIPs.some((ip) => canonicalAddress(ip) === to),
    );
    if (taken) return "reject";
    return input.serviceCIDR !== undefined && inRange(to, input.serviceCIDR) ? "drop" : "none";
  }
  return isHealthCheck(input, packet) ? "accept" : "none";
}

/**
 * A node port on an address where node ports are not served. iptables mode nevertheless refuses and drops on every local
 * address: its filter rules match destination type LOCAL, not for the addresses of --nodeport-addresses.
 */
function decideUnserved(input: ProxyInput, frontend: Frontend, all: readonly Candidate[]): Decision {
  if (engineOf(input.proxy) === "nftables") return "none";
  if (choose(all).length === 0) return "reject";
  const noneLocal =
    frontend.service.externalTrafficPolicy === "Local" && choose(all.filter((one) => one.local)).length === 0;
  return noneLocal ? "drop" : "none";
}

function decideByRules(input: ProxyInput, packet: ServicePacket): Decision {
  const frontend = findFrontend(input, packet);
  if (frontend === undefined) return decideUnknown(input, packet);
  const all = candidates(input, frontend);
  const any = choose(all).length > 0;
  const nftables = engineOf(input.proxy) === "nftables";
  const to = canonicalAddress(packet.to);
  if (frontend.kind === "loadBalancerIP" && (any || nftables) && !passesRanges(input, packet, frontend.service))
    return "drop";
  if (frontend.kind === "nodePort" && !servesNodePorts(input, to)) return decideUnserved(input, frontend, all);
  // In iptables mode the chain that refuses these is not hooked into OUTPUT: a node's own packets go out (ground truth 1.2).
  const unhooked =
    packet.from.kind === "node" && (frontend.kind === "externalIP" || frontend.kind === "loadBalancerIP");
  if (!any) return unhooked && !nftables ? "none" : "reject";
  return frontend.kind === "clusterIP"
    ? decideInternal(input, packet, frontend, all)
    : decideExternal(input, packet, frontend, all);
}

const DECIDERS = {
  iptables: decideByRules,
  nftables: decideByRules,
  userspace: decideUserspace,
  ipvs: decideIpvs,
  "kube-router": decideKubeRouter,
} satisfies Record<ProxyEngine, (input: ProxyInput, packet: ServicePacket) => Decision>;

/** What the node of `input` does with a packet that it sends, forwards or receives. */
export function decide(input: ProxyInput, packet: ServicePacket): Decision {
  return familyOf(packet.to) === input.family ? DECIDERS[engineOf(input.proxy)](input, packet) : "none";
}
