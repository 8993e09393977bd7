/** Peers and ports of one rule that another one of the same rule already covers. */
import { policyObjects } from "../../cluster/policy/policy-world.ts";
import { policyName, type PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { parsePrefix, prefixContains } from "../../net/address.ts";
import type { LabelSelector, PolicyPeer, PolicyPort } from "../../kube/network-policy/network-policy.ts";
import { formatPeer, formatPort } from "../policy/policy-explain.ts";
import type { LintCheck, Report } from "./lint-check.ts";

/** All that fulfils `narrow` fulfils `wide`: each of its requirements is among the other's. */
export function selectorCovers(wide: LabelSelector | undefined, narrow: LabelSelector | undefined): boolean {
  const texts = (selector: LabelSelector | undefined): string[] =>
    (selector?.requirements ?? []).map(({ key, operator, values }) =>
      JSON.stringify([key, operator, values.toSorted()]),
    );
  const needed = new Set(texts(narrow));
  return texts(wide).every((text) => needed.has(text));
}

function coversNamespaces(wide: LabelSelector | undefined, narrow: LabelSelector | undefined): boolean {
  if (wide === undefined) return narrow === undefined;
  // Without a selector it is the policy's own namespace, which only a selector of all namespaces surely has.
  return narrow === undefined ? wide.requirements.length === 0 : selectorCovers(wide, narrow);
}

export function peerCovers(wide: PolicyPeer, narrow: PolicyPeer): boolean {
  if (wide.kind === "pods" && narrow.kind === "pods")
    return (
      coversNamespaces(wide.namespaceSelector, narrow.namespaceSelector) &&
      selectorCovers(wide.podSelector, narrow.podSelector)
    );
  if (wide.kind === "nodes" && narrow.kind === "nodes") return selectorCovers(wide.selector, narrow.selector);
  if (wide.kind !== "ipBlock" || narrow.kind !== "ipBlock") return false;
  const [outer, inner] = [parsePrefix(wide.cidr), parsePrefix(narrow.cidr)];
  if (outer === undefined || inner === undefined || outer.length > inner.length || !prefixContains(outer, inner))
    return false;
  return wide.except.every((except) => narrow.except.includes(except));
}

export function portCovers(wide: PolicyPort, narrow: PolicyPort): boolean {
  if (wide.protocol !== undefined && wide.protocol !== narrow.protocol) return false;
  if (wide.port === undefined) return true;
  if (typeof wide.port === "string" || typeof narrow.port !== "number") return wide.port === narrow.port;
  return wide.port <= narrow.port && (wide.endPort ?? wide.port) >= (narrow.endPort ?? narrow.port);
}

function check<T extends PolicyPeer | PolicyPort>(
  parts: readonly T[],
  covers: (wide: T, narrow: T) => boolean,
  format: (part: T) => string,
  policy: PolicyObject,
  report: Report,
): void {
  for (const [i, narrow] of parts.entries()) {
    const wide = parts.find(
      (other, j) => other !== narrow && covers(other, narrow) && (j < i || !covers(narrow, other)),
    );
    if (wide === undefined) continue;
    report(
      narrow.cause.source,
      `${policyName(policy)}: ${format(narrow)} adds nothing: ${format(wide)} in the same list covers all of it`,
      "entries of a list are alternatives: remove this one, or make the other one narrower",
    );
  }
}

export const redundantPart: LintCheck = (world, report) => {
  for (const policy of policyObjects(world)) {
    for (const rule of [...policy.ingress, ...policy.egress]) {
      check(rule.peers, peerCovers, formatPeer, policy, report);
      check(rule.ports, portCovers, formatPort, policy, report);
    }
  }
};
