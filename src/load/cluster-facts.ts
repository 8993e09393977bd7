/** What the manifests of a running cluster contain about its nodes, pods and Services: names, addresses, ranges. */
import { formatAddress, formatPrefix, parseAddress, parsePrefix, type Address } from "../net/address.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import { isObject, nameOf, type ObjectValue } from "../kube/manifest-parts.ts";

export type Family = Address["family"];

export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address?: string | undefined;
  readonly podCIDR?: string | undefined;
  /** Addresses of pods of the pod network that are on it. */
  readonly podIPs: readonly string[];
}

/** Facts about one address family. */
export interface ClusterFacts {
  readonly family: Family;
  /** Those of Node objects first, then those that pods name. */
  readonly nodes: readonly NodeFacts[];
  /** Cluster IPs. */
  readonly clusterIPs: readonly string[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
const part = (value: ObjectValue, key: string): ObjectValue => (isObject(value[key]) ? value[key] : {});

/** The first of the texts that is an address of the family, in its shortest form. */
function addressIn(family: Family, ...texts: readonly unknown[]): string | undefined {
  for (const text of texts) {
    const parsed: Address | undefined = typeof text === "string" ? parseAddress(text) : undefined;
    if (parsed?.family === family) return formatAddress(parsed);
  }
  return undefined;
}

function podAddress(value: ObjectValue, family: Family): string | undefined {
  const status = part(value, "status");
  const listed = list(status["podIPs"]).map((one) => (isObject(one) ? one["ip"] : undefined));
  return addressIn(family, status["podIP"], ...listed);
}

/** The node that a pod is on: where it was scheduled, or by its manifest. */
export function nodeOf({ kind, value }: ManifestObject): string | undefined {
  const name = kind === "Pod" ? part(value, "spec")["nodeName"] : undefined;
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** A pod whose containers have ended for good: it has no network, and others may have its address. */
export function isPast({ kind, value }: ManifestObject): boolean {
  return kind === "Pod" && ["Succeeded", "Failed"].includes(String(part(value, "status")["phase"]));
}

interface Draft {
  labels: Readonly<Record<string, string>>;
  address?: string | undefined;
  podCIDR?: string | undefined;
  readonly podIPs: string[];
}

function readNode(value: ObjectValue, family: Family): Omit<Draft, "podIPs"> {
  const addresses = list(part(value, "status")["addresses"]).filter(isObject);
  const internal = addresses.filter(({ type }) => type === "InternalIP");
  const spec = part(value, "spec");
  const cidr = [spec["podCIDR"], ...list(spec["podCIDRs"])]
    .map((text) => (typeof text === "string" ? parsePrefix(text) : undefined))
    .find((prefix) => prefix?.family === family);
  const labels = Object.entries(part(part(value, "metadata"), "labels")).map(([key, word]) => [
    key,
    typeof word === "string" ? word : JSON.stringify(word),
  ]);
  return {
    labels: Object.fromEntries(labels) as Record<string, string>,
    address: addressIn(family, ...internal.map(({ address }) => address)),
    podCIDR: cidr === undefined ? undefined : formatPrefix(cidr),
  };
}

export function clusterFacts(objects: readonly ManifestObject[], family: Family): ClusterFacts {
  const nodes = new Map<string, Draft>();
  const clusterIPs: string[] = [];
  for (const { kind, value } of objects)
    if (kind === "Node" && nameOf(value) !== "") nodes.set(nameOf(value), { ...readNode(value, family), podIPs: [] });
  for (const object of objects) {
    const { kind, value } = object;
    if (kind === "Service") {
      // The API server's own is the first of any range.
      if (nameOf(value) === "kubernetes") continue;
      // The API server writes clusterIPs besides clusterIP: a manifest written by hand requests an address, which is not a fact.
      const found = addressIn(family, ...list(part(value, "spec")["clusterIPs"]));
      if (found !== undefined) clusterIPs.push(found);
      continue;
    }
    const name = nodeOf(object);
    if (name === undefined || isPast(object)) continue;
    let node = nodes.get(name);
    if (node === undefined) nodes.set(name, (node = { labels: {}, podIPs: [] }));
    const status = part(value, "status");
    node.address ??= addressIn(
      family,
      status["hostIP"],
      ...list(status["hostIPs"]).map((one) => (isObject(one) ? one["ip"] : undefined)),
    );
    const ip = part(value, "spec")["hostNetwork"] === true ? undefined : podAddress(value, family);
    if (ip !== undefined) node.podIPs.push(ip);
  }
  return { family, nodes: [...nodes].map(([name, draft]) => ({ name, ...draft })), clusterIPs };
}

export const FAMILIES = ["ipv4", "ipv6"] as const satisfies readonly Family[];

/** Pods or Services have addresses of the family: of nodes alone, that does not make a cluster of two families. */
export function hasFamily({ nodes, clusterIPs }: ClusterFacts): boolean {
  return clusterIPs.length > 0 || nodes.some(({ podCIDR, podIPs }) => podCIDR !== undefined || podIPs.length > 0);
}

/** All addresses and ranges. */
export function textsOf({ nodes, clusterIPs }: ClusterFacts): readonly string[] {
  const ofNodes = nodes.flatMap(({ address, podCIDR, podIPs }) => [address, podCIDR, ...podIPs]);
  return [...ofNodes, ...clusterIPs].filter((text) => text !== undefined);
}

/** The message where the cluster here does not have the family. */
export function lostFamily(facts: ClusterFacts): readonly string[] {
  const [first, ...more] = textsOf(facts);
  if (first === undefined) return [];
  const name = facts.family === "ipv6" ? "IPv6" : "IPv4";
  const why = hasFamily(facts) ? `the cluster has no ${name} range` : "only nodes can have one, not pods or Services";
  return [`${name} addresses (${first}${more.length === 0 ? "" : ` and ${more.length} more`}): ${why}`];
}
