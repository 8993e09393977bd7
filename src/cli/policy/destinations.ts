/** Where TO and PORT of `policy explain` lead: a pod, an address, or a Service by one of its addresses or node ports. */
import { UsageError } from "../../errors.ts";
import { formatAddress, parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { clusterNamed, clusterOf, clusterTowards } from "../../cluster/lab-clusters.ts";
import { namespacedName, splitCluster } from "../../net/object-ref.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { entryNodes } from "../../oracle/policy/connection-ends.ts";
import { podAt, type PolicyPacket } from "../../oracle/policy/policy-oracle.ts";
import { isServiceText, namedService, serviceText } from "../../targets/service-target.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import type { PolicyPart } from "../../load/policy-manifests.ts";
import {
  onlyCluster,
  podCalled,
  resolveEndpoint,
  resolvePort,
  resolveService,
  resolveServicePort,
} from "./endpoints.ts";
import type { NamedEndpoint } from "./endpoints.ts";

type Port = Pick<PolicyPacket, "protocol" | "port">;

/** A requested address, and its name. */
export interface Way extends Port {
  readonly address: string;
  /** `node1:32766`; absent: the Service's own address. */
  readonly by?: string | undefined;
}

export type Destinations =
  | { readonly kind: "end"; readonly to: NamedEndpoint; readonly port: Port }
  | {
      readonly kind: "service";
      readonly service: ServiceModel;
      /** `svc/shop/db`, `10.96.77.77 (svc/shop/db)`. */
      readonly text: string;
      readonly port: Port;
      readonly ways: readonly Way[];
    };

/** A pod, a node or an outside address, as packets see it. */
export function isOutside({ nodes }: ClusterModel, { target, address }: NamedEndpoint): boolean {
  if (target !== undefined) return !nodes.some(({ name }) => name === target.node);
  return !nodes.some((node) => Object.values(node.address).includes(address));
}

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

/** The Service that has the address: here, or in the cluster that the manifests come from. */
function serviceAt(address: string, { cluster, serviceAddresses }: PolicyPart): ServiceModel | undefined {
  const here = cluster.services.find((service) =>
    [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)].some(
      (ip) => canonical(ip) === address,
    ),
  );
  const named = serviceAddresses.get(address);
  return (
    (named === undefined
      ? undefined
      : cluster.services.find((one) => one.namespace === named.namespace && one.name === named.name)) ?? here
  );
}

/** A node's address with one of its node ports leads to the Service behind it. */
function nodePortService(cluster: ClusterModel, { port, protocol }: Port): ServiceModel | undefined {
  return cluster.services.find(({ ports }) => ports.some((one) => one.nodePort === port && one.protocol === protocol));
}

function nodeWays(cluster: ClusterModel, nodePort: Port, only?: string): readonly Way[] {
  const asked = only === undefined ? entryNodes(cluster) : cluster.nodes.filter(({ name }) => name === only);
  return asked.flatMap(({ name, address }) => {
    const found = address.ipv4 ?? address.ipv6;
    if (found === undefined) return [];
    return [{ ...nodePort, address: found, by: `${name}:${nodePort.port}` }];
  });
}

/** Its own address from inside, its load balancer's or its node ports from outside. */
function serviceWays(
  cluster: ClusterModel,
  service: ServiceModel,
  from: NamedEndpoint,
  { isNodePort, ...port }: Port & { readonly isNodePort: boolean },
): readonly Way[] {
  if (isNodePort) return nodeWays(cluster, port);
  const [clusterIP] = service.clusterIPs;
  if (!isOutside(cluster, from)) return clusterIP === undefined ? [] : [{ ...port, address: clusterIP }];
  const balanced = service.loadBalancerIPs.slice(0, 1).map(({ ip }) => ({ ...port, address: ip }));
  const nodePort = service.ports.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort ?? 0;
  if (balanced.length > 0 || nodePort === 0) return balanced;
  return nodeWays(cluster, { protocol: port.protocol, port: nodePort });
}

function toService(
  cluster: ClusterModel,
  service: ServiceModel,
  from: NamedEndpoint,
  portText: string,
  text: string,
): Destinations {
  const { isNodePort, ...port } = resolveServicePort(portText, service);
  const ways = serviceWays(cluster, service, from, { ...port, isNodePort });
  if (ways.length > 0) return { kind: "service", service, text, port, ways };
  throw new UsageError(
    `${from.text} cannot reach ${text}: ${isOutside(cluster, from) ? `it is of type ${service.type}; outside the cluster only Services of type NodePort and LoadBalancer have an address` : "it has no address"}`,
    "name a pod behind it",
  );
}

/** An address of the range of Services that no Service of the manifests has: its endpoints are not known. */
function checkRange({ serviceCIDR }: ClusterModel, address: string): void {
  const parsed = parseAddress(address);
  const range = Object.values(serviceCIDR)
    .map((text) => parsePrefix(text))
    // It is drawn narrowly around the addresses that the manifests say: the cluster's own may be wider.
    .map((one) =>
      one?.family === "ipv4" && one.length > 16 ? { ...one, value: (one.value >> 16n) << 16n, length: 16 } : one,
    )
    .find((one) => one !== undefined && parsed !== undefined && prefixContains(one, parsed));
  if (range !== undefined)
    throw new UsageError(
      `${address} is in the Service range, but no Service in these manifests has it: policies see the address after translation, which is not known here`,
      "add the Service to the manifests: kubectl get services -A -o yaml",
    );
}

/** The cluster that judges what arrives at TO: the one that has it, else the sender's own. */
export function destinationPart(
  lab: Lab,
  parts: readonly PolicyPart[],
  from: NamedEndpoint,
  text: string,
): PolicyPart | undefined {
  const partOf = (cluster: ClusterModel | undefined): PolicyPart | undefined =>
    parts.find((part) => part.cluster === cluster);
  const home = from.target === undefined ? undefined : clusterOf(lab, from.target);
  const { cluster: named, text: own } = splitCluster(text, lab.clusters);
  if (named !== undefined) return partOf(clusterNamed(lab, named));
  const literal = canonical(text);
  if (literal !== undefined) return partOf(clusterTowards(lab, from.target ?? { node: "" }, literal)) ?? parts[0];
  // A name of the cluster's DNS means what it means to the sender.
  if (home !== undefined && own.includes(".svc")) return partOf(home);
  if (parts.length > 1 && (isServiceText(own) || own.includes(".svc"))) {
    const found = onlyCluster(own, parts, ({ services }) => services.some((one) => isNamed(one, own)));
    if (found !== undefined) return found;
  }
  const byName = onlyCluster(
    own,
    parts,
    (cluster) => podCalled(cluster, own) !== undefined || cluster.services.some((one) => namespacedName(one) === own),
  );
  if (byName !== undefined) return byName;
  const { target } = parts.length === 1 || isServiceText(own) ? {} : resolveEndpoint(lab, text);
  return partOf(target === undefined ? undefined : clusterOf(lab, target)) ?? partOf(home) ?? parts[0];
}

/** `svc/web`, `svc/shop/web`, `web.shop.svc`: the Service in its own cluster. */
function isNamed({ namespace, name }: ServiceModel, text: string): boolean {
  const service = namedService(text);
  if (service === undefined) return text.startsWith(`${name}.${namespace}.svc`);
  return service === name ? namespace === "default" : service === namespacedName({ namespace, name });
}

export function resolveDestinations(
  lab: Lab,
  loaded: PolicyPart,
  world: PolicyWorld,
  from: NamedEndpoint,
  text: string,
  portText: string,
): Destinations {
  const { cluster } = loaded;
  const { text: to } = splitCluster(text, lab.clusters);
  const service = resolveService(cluster, to);
  if (service !== undefined) return toService(cluster, service, from, portText, serviceText(service));
  const literal = canonical(to);
  const owner = literal === undefined ? undefined : serviceAt(literal, loaded);
  if (owner !== undefined) return toService(cluster, owner, from, portText, `${to} (${serviceText(owner)})`);
  const end = resolveEndpoint(lab, text);
  const port = resolvePort(portText, world, end);
  const node = cluster.nodes.find(
    ({ name, address }) =>
      (isNode(end.target) && end.target?.node === name) || Object.values(address).includes(literal ?? ""),
  );
  const open = node === undefined ? undefined : nodePortService(cluster, port);
  if (node !== undefined && open !== undefined) {
    const ways = nodeWays(cluster, port, node.name);
    return { kind: "service", service: open, text: `${end.text} (a node port of ${serviceText(open)})`, port, ways };
  }
  if (literal !== undefined && podAt(world, end) === undefined) checkRange(cluster, literal);
  return { kind: "end", to: end, port };
}

const isNode = (target: Target | undefined): boolean => target !== undefined && target.pod === undefined;
