/**
 * What happens to a packet to a Service where kube-router makes Services: an address is there only where it leads somewhere, and
 * only what would not come back this way gets an address of the node as its source (pkg/controllers/proxy of kube-router).
 */
import { canonicalAddress, familyOf } from "../../net/families.ts";
import { joinHostPort } from "../../net/host-port.ts";
import { isLoopback } from "../../net/special-address.ts";
import type { ProxyInput } from "../../kube/service/service.ts";
import { candidates, findFrontend, inRange, isProxied, serviceAddresses, servesNodePorts } from "./service-frontend.ts";
import type { Candidate, Decision, Frontend, ServicePacket } from "./service-frontend.ts";

const DIRECT = "kube-router.io/service.dsr";
const HAIRPIN = "kube-router.io/service.hairpin";
/** What a pod needs besides to reach itself; by load balancers' addresses it never does. */
const FURTHER = {
  clusterIP: HAIRPIN,
  nodePort: HAIRPIN,
  externalIP: `${HAIRPIN}.externalips`,
  loadBalancerIP: undefined,
};

/** Clients of its external addresses are answered by the pods themselves. */
function isDirect({ service, kind }: Frontend): boolean {
  return service.annotations[DIRECT] === "tunnel" && (kind === "externalIP" || kind === "loadBalancerIP");
}

/** Also those that end. */
function usable(input: ProxyInput, frontend: Frontend): readonly Candidate[] {
  const all = candidates(input, frontend).filter((one) => one.usable !== "no");
  const { internalTrafficPolicy, externalTrafficPolicy } = frontend.service;
  const policy = frontend.kind === "clusterIP" ? internalTrafficPolicy : externalTrafficPolicy;
  return policy === "Cluster" ? all : all.filter((one) => one.local);
}

/** The node has the address for a port of the Service: it refuses the others. */
function isBound(input: ProxyInput, to: string): boolean {
  return input.services
    .filter((service) => isProxied(service) && serviceAddresses(service).includes(to))
    .flatMap(({ ports }) => ports.flatMap(({ port, protocol }) => findFrontend(input, { to, port, protocol }) ?? []))
    .some((one) => one.kind !== "nodePort" && !isDirect(one) && isServed(input, one));
}

/** With policy Local and no endpoint here there is nothing on the node. */
function isServed(input: ProxyInput, frontend: Frontend): boolean {
  const { internalTrafficPolicy, externalTrafficPolicy } = frontend.service;
  const policy = frontend.kind === "clusterIP" ? internalTrafficPolicy : externalTrafficPolicy;
  return policy === "Cluster" || usable(input, frontend).length > 0;
}

/** The source becomes the node's: of what neither comes from nor goes to the node's own pods; of a pod's own packets, the Service's. */
function isReplaced(input: ProxyInput, packet: ServicePacket, frontend: Frontend, { ip, local }: Candidate): boolean {
  const from = canonicalAddress(packet.from.address);
  if (isDirect(frontend)) return false;
  if (input.proxy.masqueradeAll) return true;
  const { annotations } = frontend.service;
  if (local && ip === from && HAIRPIN in annotations && (FURTHER[frontend.kind] ?? "") in annotations) return true;
  const { nodeCIDR } = input;
  return nodeCIDR !== undefined && !inRange(from, nodeCIDR) && !inRange(ip, nodeCIDR);
}

export function decideKubeRouter(input: ProxyInput, packet: ServicePacket): Decision {
  const to = canonicalAddress(packet.to);
  const frontend = findFrontend(input, packet);
  if (frontend === undefined) return familyOf(to) === input.family && isBound(input, to) ? "reject" : "none";
  // On all addresses means on loopback, too.
  const isOpen = isLoopback(to) ? input.proxy.nodePortAddresses !== undefined : servesNodePorts(input, to);
  if (frontend.kind === "nodePort" && !isOpen) return "none";
  if (!isServed(input, frontend)) return "none";
  const chosen = usable(input, frontend);
  if (chosen.length === 0) return "reject";
  // Direct server return translates nothing.
  const at = ({ ip, address }: Candidate): string => (isDirect(frontend) ? joinHostPort(ip, packet.port) : address);
  return {
    endpoints: chosen.map(at).toSorted(),
    masquerade: false,
    hairpin: chosen.filter((one) => isReplaced(input, packet, frontend, one)).map(({ address }) => address),
  };
}
