/**
 * What kube-proxy knows about each Service port before it writes rules, the same for every mode: addresses of its family,
 * policies, endpoints, and what happens to traffic that has none (kubernetes pkg/proxy: servicechangetracker, topology).
 */
import type { ProxyInput, ServiceModel, ServicePort } from "../../kube/service/service.ts";
import { chooseEndpoints, endpointsOf, indexSlices, type EndpointChoice, type ProxyEndpoint } from "./endpoints.ts";
import { holds, sloppyAddress, sloppyAddresses, sloppyPrefixes } from "./sloppy-address.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** A port of a Service at its addresses of one family. */
export interface ServiceAddresses {
  readonly service: ServiceModel;
  readonly port: ServicePort;
  /** `ns1/svc1:p80`, without a port name `ns1/svc1`. */
  readonly name: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly clusterIP: string;
  readonly externalIPs: readonly string[];
  /** Load-balancer addresses that the node accepts (ipMode VIP). */
  readonly loadBalancerIPs: readonly string[];
}

export interface ProxiedPort extends ServiceAddresses {
  readonly sourceRanges: readonly string[];
  /** 0: none. */
  readonly healthCheckNodePort: number;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  readonly endpoints: EndpointChoice;
  /** Usable or not, in kube-proxy's order. */
  readonly all: readonly ProxyEndpoint[];
  /** The chain of all endpoints exists. */
  readonly usesCluster: boolean;
  /** The chain of local endpoints exists. */
  readonly usesLocal: boolean;
  /** The chain for external addresses exists, even where outside traffic itself has no endpoint. */
  readonly usesExternal: boolean;
  /** Traffic to the cluster IP has endpoints. */
  readonly internal: boolean;
  /** Traffic from outside to external addresses has endpoints. */
  readonly external: boolean;
}

/** In the order of their names; those of headless Services and of other families are left out. */
export function servicePorts({
  services,
  family,
}: Pick<ProxyInput, "services" | "family">): readonly ServiceAddresses[] {
  const ports = services
    .filter((service) => !service.headless && service.type !== "ExternalName")
    .flatMap((service) => {
      const [clusterIP] = sloppyAddresses(service.clusterIPs, family);
      if (clusterIP === undefined) return [];
      const vips = service.loadBalancerIPs.filter((it) => it.ipMode !== "Proxy").map((it) => it.ip);
      const addresses = {
        clusterIP,
        externalIPs: sloppyAddresses(service.externalIPs, family),
        loadBalancerIPs: sloppyAddresses(vips, family),
      };
      return service.ports.map((port) => ({
        service,
        port,
        name: `${namespacedName(service)}${port.name === "" ? "" : `:${port.name}`}`,
        protocol: port.protocol.toLowerCase() as ServiceAddresses["protocol"],
        ...addresses,
      }));
    });
  return ports.toSorted((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0,
  );
}

function proxiedPort(
  input: ProxyInput,
  slices: ReturnType<typeof indexSlices>,
  addresses: ServiceAddresses,
): ProxiedPort {
  const { service, port, externalIPs, loadBalancerIPs } = addresses;
  const accessible = port.nodePort !== 0 || loadBalancerIPs.length > 0 || externalIPs.length > 0;
  const outward = service.type === "LoadBalancer" || service.type === "NodePort" || service.externalIPs.length > 0;
  const externalLocal = outward && service.externalTrafficPolicy === "Local";
  const internalLocal = service.internalTrafficPolicy === "Local";
  const all = endpointsOf(input, slices, service, port);
  const wantsCluster = !internalLocal || accessible;
  const wantsLocal = internalLocal || (externalLocal && accessible);
  const endpoints = chooseEndpoints(all, wantsCluster, wantsLocal, input);
  return {
    ...addresses,
    sourceRanges: sloppyPrefixes(service.loadBalancerSourceRanges, input.family),
    healthCheckNodePort: service.type === "LoadBalancer" && externalLocal ? service.healthCheckNodePort : 0,
    internalLocal,
    externalLocal,
    endpoints,
    all,
    usesCluster: wantsCluster && endpoints.cluster.length > 0,
    usesLocal: wantsLocal && endpoints.local.length > 0,
    usesExternal: endpoints.any && accessible,
    internal: endpoints.any && (!internalLocal || endpoints.local.length > 0),
    external: endpoints.any && (!externalLocal || endpoints.local.length > 0),
  };
}

/** Ports in the order of their names; how many endpoints there are in all, usable or not. */
export function proxiedPorts(input: ProxyInput): {
  readonly ports: readonly ProxiedPort[];
  readonly totalEndpoints: number;
} {
  const slices = indexSlices(input);
  const ports = servicePorts(input).map((one) => proxiedPort(input, slices, one));
  return { ports, totalEndpoints: ports.reduce((sum, port) => sum + port.all.length, 0) };
}

export interface NodePortAddresses {
  /** All addresses of the node. */
  readonly all: boolean;
  /** The node's addresses that accept node ports, with 127.0.0.1 or ::1 where it is in a range; empty with `all`. */
  readonly addresses: readonly string[];
  /** 127.0.0.1 accepts node ports: iptables mode, IPv4. */
  readonly localhost: boolean;
}

const ZERO = { ipv4: "0.0.0.0/0", ipv6: "::/0" } as const;
const LOOPBACK = { ipv4: "127.0.0.1", ipv6: "::1" } as const;

/** `ranges` as nodePortAddresses has them; none of this family means all (kubernetes pkg/proxy/util/nodeport_addresses.go). */
export function nodePortAddresses(input: ProxyInput, ranges: readonly string[] | undefined): NodePortAddresses {
  const { family } = input;
  const networks = sloppyPrefixes(ranges ?? [], family);
  const all = networks.length === 0 || networks.includes(ZERO[family]);
  const taken = (address: string): boolean => all || networks.some((network) => holds(network, address));
  const localhost = family === "ipv4" && input.proxy.localhostNodePorts && taken(LOOPBACK.ipv4);
  const own = input.nodeIPs.map((text) => sloppyAddress(text, family)).filter((text) => text !== undefined);
  return { all, addresses: all ? [] : [...new Set([...own, LOOPBACK[family]])].filter(taken), localhost };
}
