/** Ranges of a cluster in which the addresses of a running one can be kept; what cannot be is said. */
import {
  formatAddress,
  formatPrefix,
  networkOf,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
} from "../model/address.ts";
import type { Address, Prefix } from "../model/address.ts";
import type { ClusterFacts, NodeFacts } from "./cluster-facts.ts";

export interface KeptNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address?: string | undefined;
  readonly podCIDR?: string | undefined;
}

export interface KeptFacts {
  readonly nodes: readonly KeptNode[];
  /** Absent: the cluster's own will do. */
  readonly nodeCIDR?: string | undefined;
  readonly podCIDR?: string | undefined;
  readonly serviceCIDR?: string | undefined;
  /** Services may have the cluster IPs that they say. */
  readonly keepsClusterIPs: boolean;
  /** In the nodeCIDR, without a node. */
  readonly balancerCIDR?: string | undefined;
  /** Which addresses are others here, and why. */
  readonly lost: readonly string[];
}

/** Ranges of documents (RFC 5737), where the internet is. */
const INTERNET = parsePrefix("203.0.113.0/24");
const SERVICES = parsePrefix("10.96.0.0/16");
const PODS = parsePrefix("10.244.0.0/16");
/** Longest and shortest ranges that are tried. */
const NODE_PARTS = [24, 25, 26, 27, 28];
const SHORTEST = 8;

const addresses = (texts: readonly (string | undefined)[]): readonly Address[] =>
  texts.flatMap((text) => (text === undefined ? [] : (parseAddress(text) ?? [])));

/** The smallest range of at most `length` with all of them. */
function covering(all: readonly Address[], length: number): Prefix | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  for (let bits = length; bits >= SHORTEST; bits--) {
    const prefix = networkOf(first, bits);
    if (all.every((one) => prefixContains(prefix, one))) return prefix;
  }
  return undefined;
}

const overlapsAny = (prefix: Prefix, others: readonly (Prefix | undefined)[]): boolean =>
  others.some((other) => other !== undefined && prefixesOverlap(prefix, other));

/** Each node's part: its own, else the one range of the usual size that its pods' addresses are in, if no other node has it. */
function nodeParts(nodes: readonly NodeFacts[]): ReadonlyMap<string, Prefix> | undefined {
  for (const length of NODE_PARTS) {
    const parts = new Map<string, Prefix>();
    const fits = nodes.every(({ name, podCIDR, podIPs }) => {
      const own = podCIDR === undefined ? undefined : parsePrefix(podCIDR);
      const all = addresses(podIPs);
      const found = own ?? (all[0] === undefined ? undefined : networkOf(all[0], length));
      if (found === undefined) return true;
      // The first two addresses are the tunnel's and the bridge's.
      const usable = all.every((one) => prefixContains(found, one) && one.value - found.value > 1n);
      if (!usable || overlapsAny(found, [...parts.values()])) return false;
      parts.set(name, found);
      return true;
    });
    if (fits) return parts;
  }
  return undefined;
}

/** A range for nodes: as wide as `wish`, else as narrow as it can be; its first address is the router's. */
function nodeRange(all: readonly Address[], taken: readonly (Prefix | undefined)[]): Prefix | undefined {
  for (const wish of [20, 22, 24, 26, 28, 29]) {
    let prefix = covering(all, wish);
    while (
      prefix !== undefined &&
      prefix.length >= SHORTEST &&
      all.some(({ value }) => value - (prefix?.value ?? 0n) < 2n)
    )
      prefix = prefix.length === SHORTEST ? undefined : networkOf(prefix, prefix.length - 1);
    if (prefix !== undefined && !overlapsAny(prefix, taken)) return prefix;
  }
  return undefined;
}

/** Room for load balancers' addresses at the end of the nodes' range. */
function balancerRange(nodes: Prefix, all: readonly Address[]): Prefix | undefined {
  const size = 1n << BigInt(32 - nodes.length);
  for (let length = Math.max(22, nodes.length + 2); length <= 30; length++) {
    const block = 1n << BigInt(32 - length);
    for (let at = size - block; at > 0n; at -= block) {
      const found: Prefix = { family: "ipv4", value: nodes.value + at, length };
      if (!all.some((one) => prefixContains(found, one))) return found;
      if (size / block > 64n && at < size - 16n * block) break;
    }
  }
  return undefined;
}

function some(texts: readonly string[]): string {
  const [first = ""] = texts;
  return texts.length === 1 ? first : `${first} and ${texts.length - 1} more`;
}

export function keepFacts({ nodes, clusterIPs }: ClusterFacts): KeptFacts {
  const lost: string[] = [];
  const services = addresses(clusterIPs);
  let serviceRange =
    services.length === 0 || (SERVICES !== undefined && services.every((one) => prefixContains(SERVICES, one)))
      ? undefined
      : covering(services, 20);
  const parts = nodeParts(nodes);
  const podIPs = nodes.flatMap((node) => node.podIPs);
  const ends = [...(parts?.values() ?? [])].flatMap((prefix): Address[] => [
    prefix,
    { ...prefix, value: prefix.value + (1n << BigInt(32 - prefix.length)) - 1n },
  ]);
  // Nodes without pods get a part as well: there is room for all of them.
  let podRange = covering(ends, 16);
  if (parts === undefined && podIPs.length > 0)
    lost.push(`pods' addresses (${some(podIPs)}): nodes share their ranges, and here each has one of its own`);
  if (podRange !== undefined && overlapsAny(podRange, [INTERNET, serviceRange ?? SERVICES])) {
    if (serviceRange === undefined || !overlapsAny(podRange, [INTERNET])) {
      serviceRange = undefined;
      if (services.length > 0) lost.push(`cluster IPs (${some(clusterIPs)}): their range overlaps that of the pods`);
    }
    if (overlapsAny(podRange, [INTERNET, SERVICES])) {
      lost.push(`pods' addresses (${some(podIPs)}): they lie in a range that is needed here`);
      podRange = undefined;
    }
  }
  if (serviceRange !== undefined && overlapsAny(serviceRange, [INTERNET, podRange ?? PODS])) {
    lost.push(`cluster IPs (${some(clusterIPs)}): they lie in a range that is needed here`);
    serviceRange = undefined;
  }
  const own = addresses(nodes.map(({ address }) => address));
  const nodeCIDR =
    own.length === 0 ? undefined : nodeRange(own, [podRange ?? PODS, serviceRange ?? SERVICES, INTERNET]);
  if (own.length > 0 && nodeCIDR === undefined)
    lost.push(`nodes' addresses (${some(own.map(formatAddress))}): their range overlaps others`);
  const balancer = nodeCIDR === undefined ? undefined : balancerRange(nodeCIDR, own);
  const text = (prefix: Prefix | undefined): string | undefined =>
    prefix === undefined ? undefined : formatPrefix(prefix);
  return {
    nodes: nodes.map(({ name, labels, address }) => ({
      name,
      labels,
      ...(nodeCIDR === undefined || address === undefined ? {} : { address }),
      ...(podRange === undefined ? {} : { podCIDR: text(parts?.get(name)) }),
    })),
    nodeCIDR: text(nodeCIDR),
    podCIDR: text(podRange),
    serviceCIDR: text(serviceRange),
    keepsClusterIPs: services.every((one) => {
      const range = serviceRange ?? SERVICES;
      // The first address is the API server's.
      return range !== undefined && prefixContains(range, one) && one.value !== range.value + 1n;
    }),
    balancerCIDR: text(balancer),
    lost,
  };
}
