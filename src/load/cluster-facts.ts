/** What manifests of a running cluster say of its nodes, pods and Services: names, addresses, ranges. */
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from "../model/address.ts";
import type { Address } from "../model/address.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import { isObject, nameOf } from "./manifest-parts.ts";
import type { ObjectValue } from "./manifest-parts.ts";

export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** IPv4. */
  readonly address?: string | undefined;
  readonly podCIDR?: string | undefined;
  /** Addresses of pods of the pod network that are on it. */
  readonly podIPs: readonly string[];
}

export interface ClusterFacts {
  /** Those of Node objects first, then those that pods name. */
  readonly nodes: readonly NodeFacts[];
  /** Cluster IPs, IPv4. */
  readonly clusterIPs: readonly string[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
const part = (value: ObjectValue, key: string): ObjectValue => (isObject(value[key]) ? value[key] : {});

/** The first of the texts that is an IPv4 address, as it is written most shortly. */
function ipv4(...texts: readonly unknown[]): string | undefined {
  for (const text of texts) {
    const parsed: Address | undefined = typeof text === "string" ? parseAddress(text) : undefined;
    if (parsed?.family === "ipv4") return formatAddress(parsed);
  }
  return undefined;
}

export function podAddress(value: ObjectValue): string | undefined {
  const status = part(value, "status");
  return ipv4(status["podIP"], ...list(status["podIPs"]).map((one) => (isObject(one) ? one["ip"] : undefined)));
}

/** The node that a pod is on: as it was scheduled, or as its manifest says. */
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

function readNode(value: ObjectValue): Omit<Draft, "podIPs"> {
  const addresses = list(part(value, "status")["addresses"]).filter(isObject);
  const internal = addresses.filter(({ type }) => type === "InternalIP");
  const spec = part(value, "spec");
  const cidr = [spec["podCIDR"], ...list(spec["podCIDRs"])]
    .map((text) => (typeof text === "string" ? parsePrefix(text) : undefined))
    .find((prefix) => prefix?.family === "ipv4");
  const labels = Object.entries(part(part(value, "metadata"), "labels")).map(([key, word]) => [
    key,
    typeof word === "string" ? word : JSON.stringify(word),
  ]);
  return {
    labels: Object.fromEntries(labels) as Record<string, string>,
    address: ipv4(...internal.map(({ address }) => address)),
    podCIDR: cidr === undefined ? undefined : formatPrefix(cidr),
  };
}

export function clusterFacts(objects: readonly ManifestObject[]): ClusterFacts {
  const nodes = new Map<string, Draft>();
  const clusterIPs: string[] = [];
  for (const { kind, value } of objects)
    if (kind === "Node" && nameOf(value) !== "") nodes.set(nameOf(value), { ...readNode(value), podIPs: [] });
  for (const object of objects) {
    const { kind, value } = object;
    if (kind === "Service") {
      // The API server's own is the first of any range.
      if (nameOf(value) === "kubernetes") continue;
      // The API server writes clusterIPs beside clusterIP: what a hand has written asks for an address, and is no fact.
      const found = ipv4(...list(part(value, "spec")["clusterIPs"]));
      if (found !== undefined) clusterIPs.push(found);
      continue;
    }
    const name = nodeOf(object);
    if (name === undefined || isPast(object)) continue;
    let node = nodes.get(name);
    if (node === undefined) nodes.set(name, (node = { labels: {}, podIPs: [] }));
    const status = part(value, "status");
    node.address ??= ipv4(
      status["hostIP"],
      ...list(status["hostIPs"]).map((one) => (isObject(one) ? one["ip"] : undefined)),
    );
    const ip = part(value, "spec")["hostNetwork"] === true ? undefined : podAddress(value);
    if (ip !== undefined) node.podIPs.push(ip);
  }
  return { nodes: [...nodes].map(([name, draft]) => ({ name, ...draft })), clusterIPs };
}
