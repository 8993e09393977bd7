/**
 * Addresses of pods as most plugins hand them out: each node has a part of the pod CIDR (Node.spec.podCIDR, cut by
 * kube-controller-manager's node IPAM), in which CNI's host-local counts.
 */
import type { Family, PerFamily } from "../../net/family.ts";
import {
  ADDRESS_BITS,
  formatPrefix,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
  subPrefix,
} from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";
import { perFamily } from "../../net/families.ts";
import { readPrefixes } from "../../syntax/address-field.ts";
import type { Scope } from "../../syntax/scope.ts";
import { Pool } from "../../kube/pod/ipam.ts";
import type { ClusterRanges } from "../ranges.ts";
import type { ClusterDocument } from "../schema.ts";
import type { PodIpam } from "./plugin.ts";

/** Length of each node's part: /24 and /64 as Kubernetes' node IPAM does; smaller pod CIDRs are split evenly. */
function nodePrefixLength(podCIDR: Prefix, nodes: number): number {
  const usual = podCIDR.family === "ipv4" ? 24 : 64;
  if (podCIDR.length <= usual) return usual;
  const longest = ADDRESS_BITS[podCIDR.family] - 2;
  let length = podCIDR.length;
  while (2 ** (length - podCIDR.length) < nodes && length < longest) length++;
  return length;
}

/** The `index`-th node's part of the pod CIDR; undefined when the pool is exhausted. */
function nodePart(podCIDR: Prefix, index: number, nodes: number): Prefix | undefined {
  return subPrefix(podCIDR, nodePrefixLength(podCIDR, nodes), index);
}

/** How many nodes a pod CIDR has parts for. */
function nodeParts(podCIDR: Prefix, nodes: number): number {
  return 2 ** Math.min(30, nodePrefixLength(podCIDR, nodes) - podCIDR.length);
}

/** Each node's part of the pod CIDR: as configured, or the next free one. */
function podParts(doc: ClusterDocument, ranges: ClusterRanges, scope: Scope): readonly PerFamily<Prefix>[] {
  const parts = doc.nodes.map((): Partial<Record<Family, Prefix>> => ({}));
  for (const family of ranges.families) {
    const whole = ranges.podCIDR[family];
    if (whole === undefined) continue;
    const taken: Prefix[] = [];
    for (const [i, node] of doc.nodes.entries()) {
      const place = scope.at("nodes", i, "podCIDR");
      const own = typeof node === "string" ? undefined : readPrefixes(node.podCIDR, place)[family];
      if (own === undefined) continue;
      if (!prefixContains(whole, own) || own.length < whole.length)
        place.error(`${formatPrefix(own)} is not in podCIDR ${formatPrefix(whole)}`, "use a part of it");
      else if (own.length > (family === "ipv4" ? 30 : 126))
        place.error(
          `${formatPrefix(own)} is too small`,
          "it contains the network's address, the bridge's and those of pods",
        );
      else if (taken.some((other) => prefixesOverlap(other, own)))
        place.error(`${formatPrefix(own)} overlaps another node's podCIDR`, "each node needs a part of its own");
      else taken.push((entry(parts, i)[family] = own));
    }
    let next = 0;
    for (const i of doc.nodes.keys()) {
      if (entry(parts, i)[family] !== undefined) continue;
      let part = nodePart(whole, next++, doc.nodes.length);
      while (part !== undefined && taken.some((other) => prefixesOverlap(other, part as Prefix)))
        part = nodePart(whole, next++, doc.nodes.length);
      if (part !== undefined) entry(parts, i)[family] = part;
    }
  }
  return parts;
}

function entry<T>(list: readonly T[], i: number): T {
  const found = list[i];
  if (found === undefined) throw new RangeError(`no entry ${i}`);
  return found;
}

function checkRoom(doc: ClusterDocument, ranges: ClusterRanges, scope: Scope): void {
  const count = doc.nodes.length;
  for (const whole of Object.values(ranges.podCIDR)) {
    const parts = nodeParts(whole, count);
    if (parts >= count) continue;
    scope
      .at(doc.podCIDR === undefined ? "nodes" : "podCIDR")
      .error(
        `exhausted pool: podCIDR ${formatPrefix(whole)} has ${parts} part${parts === 1 ? "" : "s"} for ${count} nodes`,
        `each node gets its own part; choose a podCIDR at least ${2 ** Math.ceil(Math.log2(count / parts))} times as large`,
      );
  }
}

/** The cluster's own pods are pods like others. */
class PlainPool extends Pool {
  override last(who: string): Address | undefined {
    return this.next(who);
  }
}

/**
 * `firstPod`: place of the first address that pods get within their node's part; those before it are the node's. `hostLocal`: the
 * real plugin will be called.
 */
export function nodeIpam({
  firstPod,
  hostLocal = false,
}: {
  readonly firstPod: number;
  readonly hostLocal?: boolean;
}): PodIpam<never> {
  const kind = hostLocal ? PlainPool : Pool;
  return {
    nodeRanges(doc, ranges, scope) {
      checkRoom(doc, ranges, scope);
      return podParts(doc, ranges, scope);
    },
    pools: () => ({
      of: (node) =>
        Object.fromEntries(
          perFamily(node.podCIDR).flatMap(([family, text]) => {
            const part = parsePrefix(text);
            return part === undefined ? [] : [[family, new kind(part, BigInt(firstPod), `${text} of ${node.name}`)]];
          }),
        ),
    }),
  };
}
