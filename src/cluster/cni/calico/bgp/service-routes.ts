/**
 * The addresses of Services that a node's BIRD announces: whole ranges by every node, addresses by those nodes that a Service says
 * (projectcalico/calico 87c15906, confd/pkg/backends/calico/{routes,client}.go).
 */
import type { Cause } from "../../../../cause.ts";
import { because } from "../../../../cause.ts";
import type { BgpConfigurationModel } from "../../../../kube/bgp-configuration/bgp-configuration.ts";
import type { EndpointSliceModel, ServiceModel } from "../../../../kube/service/service.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../../../net/address.ts";
import { canonicalAddress, familyOf, HOST_LENGTH } from "../../../../net/families.ts";
import type { Family } from "../../../../net/family.ts";
import { kindedName } from "../../../../net/object-ref.ts";
import type { BgpNode } from "./world.ts";

/** A node with this label announces no Services. */
const EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

export interface ServiceFacts {
  readonly services: readonly ServiceModel[];
  readonly slices: readonly Pick<EndpointSliceModel, "namespace" | "service" | "family" | "endpoints">[];
}

export interface StaticRoute {
  readonly prefix: string;
  readonly cause: Cause;
}

export interface ServiceRoutes {
  /** Announced. */
  readonly routes: readonly StaticRoute[];
  /** Ranges of which no route is written into the kernel: kube-proxy has them. */
  readonly rejected: readonly string[];
}

const isSingle = (prefix: string): boolean => prefix.endsWith(`/${HOST_LENGTH[familyOf(prefix)]}`);

function isIn(address: string, prefixes: readonly string[]): boolean {
  const one = parseAddress(address);
  return one !== undefined && prefixes.some((text) => contains(text, one));
}

function contains(text: string, address: NonNullable<ReturnType<typeof parseAddress>>): boolean {
  const prefix = parsePrefix(text);
  return prefix !== undefined && prefixContains(prefix, address);
}

/** Ranges that every node announces. */
function globalRanges({
  clusterIPs,
  externalIPs,
  loadBalancerIPs,
  aggregates,
}: BgpConfigurationModel): readonly string[] {
  const several = (prefixes: readonly string[]): readonly string[] => prefixes.filter((one) => !isSingle(one));
  return [...new Set([...clusterIPs, ...several(externalIPs), ...(aggregates ? several(loadBalancerIPs) : [])])];
}

/** Whether this node is one of those that take a Service's packets. */
function announces(
  node: BgpNode,
  { slices }: ServiceFacts,
  service: ServiceModel,
  { externalIPs, loadBalancerIPs, aggregates }: BgpConfigurationModel,
): boolean {
  const { namespace, name, type, clusterIPs, externalTrafficPolicy } = service;
  if (type === "ExternalName" || clusterIPs.length === 0) return false;
  const isLocal = externalTrafficPolicy === "Local";
  if (!isLocal) {
    const isGiven = (address: string, prefixes: readonly string[]): boolean => isIn(address, prefixes.filter(isSingle));
    if (type === "LoadBalancer" && service.loadBalancerIPs.some(({ ip }) => isGiven(ip, loadBalancerIPs))) return true;
    if (service.externalIPs.some((ip) => isGiven(ip, externalIPs))) return true;
    if (aggregates) return false;
  }
  const ready = slices
    .filter((one) => one.namespace === namespace && one.service === name && service.ipFamilies.includes(one.family))
    .flatMap(({ endpoints }) => endpoints.filter((endpoint) => endpoint.ready));
  return ready.some(({ nodeName }) => !isLocal || nodeName === node.name);
}

function addressesOf(service: ServiceModel, configuration: BgpConfigurationModel): readonly string[] {
  return [
    ...(configuration.clusterIPs.length > 0 ? service.clusterIPs : []),
    ...service.externalIPs.filter((ip) => isIn(ip, configuration.externalIPs)),
    ...service.loadBalancerIPs.map(({ ip }) => ip).filter((ip) => isIn(ip, configuration.loadBalancerIPs)),
  ].map(canonicalAddress);
}

/** In the order of confd's keys. `slices` name nodes as `node` is named. */
export function serviceRoutes(
  node: BgpNode,
  facts: ServiceFacts,
  configuration: BgpConfigurationModel,
  family: Family,
): ServiceRoutes {
  const rejected = globalRanges(configuration).filter((prefix) => familyOf(prefix) === family);
  const byKey = (a: string, b: string): number => (a.replace("/", "-") < b.replace("/", "-") ? -1 : 1);
  if (node.labels[EXCLUDED] === "true") return { routes: [], rejected: rejected.toSorted(byKey) };
  const routes = new Map(
    rejected.map((prefix) => [prefix, because(configuration.cause, `${prefix} is a range of Services`)]),
  );
  for (const service of facts.services.filter((one) => announces(node, facts, one, configuration)))
    for (const address of addressesOf(service, configuration)) {
      const prefix = `${address}/${HOST_LENGTH[familyOf(address)]}`;
      if (familyOf(address) === family && !routes.has(prefix))
        routes.set(prefix, because(service.cause, `${kindedName("Service", service)} is served by ${node.name}`));
    }
  return {
    routes: [...routes].toSorted(([a], [b]) => byKey(a, b)).map(([prefix, cause]) => ({ prefix, cause })),
    rejected: rejected.toSorted(byKey),
  };
}
