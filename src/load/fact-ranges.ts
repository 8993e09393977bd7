/** Ranges of one family of a cluster in which the addresses of a running one can be kept; what cannot be kept is reported. */
import {
  ADDRESS_BITS,
  formatAddress,
  formatPrefix,
  networkOf,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
} from "../net/address.ts";
import type { Address, Prefix } from "../net/address.ts";
import { DEFAULT_RANGES } from "../cluster/ranges.ts";
import type { ClusterFacts, Family } from "./cluster-facts.ts";

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
  /** In the nodeCIDR, without a node. IPv4. */
  readonly balancerCIDR?: string | undefined;
  /** Which addresses are others here, and why. */
  readonly lost: readonly string[];
}

interface Usual {
  /** Where the internet is: ranges of documents (RFC 5737, 3849). */
  readonly internet: Prefix | undefined;
  readonly services: Prefix | undefined;
  readonly pods: Prefix | undefined;
  /** Lengths of ranges that are tried: parts of nodes, the nodes' own from the widest on. */
  readonly parts: readonly number[];
  readonly nodes: readonly number[];
  /** The longest ranges of all pods and of all Services, and the shortest of all. */
  readonly podsLength: number;
  readonly servicesLength: number;
  readonly shortest: number;
}

function usual(family: Family): Pick<Usual, "internet" | "services" | "pods"> {
  const of = (name: keyof typeof DEFAULT_RANGES): Prefix | undefined => parsePrefix(DEFAULT_RANGES[name][family]);
  return { internet: of("internet"), services: of("serviceCIDR"), pods: of("podCIDR") };
}

const USUAL: Readonly<Record<Family, Usual>> = {
  ipv4: {
    ...usual("ipv4"),
    parts: [24, 25, 26, 27, 28],
    nodes: [20, 22, 24, 26, 28, 29],
    podsLength: 16,
    servicesLength: 20,
    shortest: 8,
  },
  ipv6: {
    ...usual("ipv6"),
    parts: [64, 80, 96, 112, 120],
    nodes: [64, 80, 96, 112, 120, 125],
    podsLength: 56,
    servicesLength: 112,
    shortest: 16,
  },
};

const addresses = (texts: readonly (string | undefined)[]): readonly Address[] =>
  texts.flatMap((text) => (text === undefined ? [] : (parseAddress(text) ?? [])));

/** The smallest range of at most `length` with all of them. */
function covering(all: readonly Address[], length: number): Prefix | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  for (let bits = length; bits >= USUAL[first.family].shortest; bits--) {
    const prefix = networkOf(first, bits);
    if (all.every((one) => prefixContains(prefix, one))) return prefix;
  }
  return undefined;
}

const overlapsAny = (prefix: Prefix, others: readonly (Prefix | undefined)[]): boolean =>
  others.some((other) => other !== undefined && prefixesOverlap(prefix, other));

/** Each node's part: its own, else the one range of the usual size that its pods' addresses are in, if no other node has it. */
function nodeParts({ nodes, family }: ClusterFacts): ReadonlyMap<string, Prefix> | undefined {
  for (const length of USUAL[family].parts) {
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

/** A range for nodes: as wide as `wish`, else as narrow as possible; its first address is the router's. */
function nodeRange(
  family: Family,
  all: readonly Address[],
  taken: readonly (Prefix | undefined)[],
): Prefix | undefined {
  const { shortest, nodes } = USUAL[family];
  for (const wish of nodes) {
    let prefix = covering(all, wish);
    while (prefix !== undefined && all.some(({ value }) => value - (prefix?.value ?? 0n) < 2n))
      prefix = prefix.length === shortest ? undefined : networkOf(prefix, prefix.length - 1);
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

export function keepFacts(facts: ClusterFacts): KeptFacts {
  const { family, nodes, clusterIPs } = facts;
  const { internet, services: usualServices, pods: usualPods, servicesLength, podsLength } = USUAL[family];
  const lost: string[] = [];
  const services = addresses(clusterIPs);
  let serviceRange =
    services.length === 0 ||
    (usualServices !== undefined && services.every((one) => prefixContains(usualServices, one)))
      ? undefined
      : covering(services, servicesLength);
  const parts = nodeParts(facts);
  const podIPs = nodes.flatMap((node) => node.podIPs);
  const ends = [...(parts?.values() ?? [])].flatMap((prefix): Address[] => [
    prefix,
    { ...prefix, value: prefix.value + (1n << BigInt(ADDRESS_BITS[family] - prefix.length)) - 1n },
  ]);
  // Nodes without pods get a part too: there is room for all of them.
  let podRange = covering(ends, podsLength);
  if (parts === undefined && podIPs.length > 0)
    lost.push(`pods' addresses (${some(podIPs)}): nodes share their ranges, but here each needs one of its own`);
  if (podRange !== undefined && overlapsAny(podRange, [internet, serviceRange ?? usualServices])) {
    if (serviceRange === undefined || !overlapsAny(podRange, [internet])) {
      serviceRange = undefined;
      if (services.length > 0) lost.push(`cluster IPs (${some(clusterIPs)}): their range overlaps that of the pods`);
    }
    if (overlapsAny(podRange, [internet, usualServices])) {
      lost.push(`pods' addresses (${some(podIPs)}): they are in a range that is needed here`);
      podRange = undefined;
    }
  }
  if (serviceRange !== undefined && overlapsAny(serviceRange, [internet, podRange ?? usualPods])) {
    lost.push(`cluster IPs (${some(clusterIPs)}): they are in a range that is needed here`);
    serviceRange = undefined;
  }
  const own = addresses(nodes.map(({ address }) => address));
  const nodeCIDR =
    own.length === 0
      ? undefined
      : nodeRange(family, own, [podRange ?? usualPods, serviceRange ?? usualServices, internet]);
  if (own.length > 0 && nodeCIDR === undefined)
    lost.push(`nodes' addresses (${some(own.map(formatAddress))}): their range overlaps others`);
  const balancer = nodeCIDR === undefined || family === "ipv6" ? undefined : balancerRange(nodeCIDR, own);
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
      const range = serviceRange ?? usualServices;
      // The first address is the API server's.
      return range !== undefined && prefixContains(range, one) && one.value !== range.value + 1n;
    }),
    balancerCIDR: text(balancer),
    lost,
  };
}
