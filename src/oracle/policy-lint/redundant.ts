/** Rules and policies that change nothing: others allow the same and more, or their direction is not policed. */
import { policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type {
  LabelSelector,
  NetworkPolicyModel,
  PolicyPeer,
  PolicyRule,
} from "../../kube/network-policy/network-policy.ts";
import { formatSource } from "../../cause.ts";
import { formatPath } from "../../syntax/path.ts";
import type { LintCheck } from "./lint-check.ts";
import { portCovers } from "./redundant-part.ts";

const DIRECTIONS = [
  ["ingress", "Ingress"],
  ["egress", "Egress"],
] as const;

function selectorKey(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "-";
  const parts = selector.requirements.map((one) => JSON.stringify([one.key, one.operator, one.values.toSorted()]));
  return parts.toSorted().join(" ");
}

/** Of a NetworkPolicy's peer: nodes and names are none. */
const peerKey = (peer: PolicyPeer): string => {
  if (peer.kind === "ipBlock") return `ip ${peer.cidr} ${peer.except.toSorted().join(" ")}`;
  if (peer.kind !== "pods") return peer.kind;
  const isAll = peer.podSelector?.requirements.length === 0 && peer.namespaceSelector !== undefined;
  return `${selectorKey(peer.namespaceSelector)} ${isAll ? "-" : selectorKey(peer.podSelector)}`;
};

/** Values that are compared repeatedly, computed once. */
interface Entry {
  readonly policy: NetworkPolicyModel;
  readonly rule: PolicyRule;
  readonly selector: string;
  readonly peers: ReadonlySet<string>;
  readonly order: number;
}

/** True when whatever `narrow` allows is allowed by `wide`. */
function covers(wide: Entry, narrow: Entry): boolean {
  if (wide.policy.podSelector.requirements.length > 0 && wide.selector !== narrow.selector) return false;
  if (wide.peers.size > 0) {
    if (narrow.peers.size === 0) return false;
    for (const peer of narrow.peers) if (!wide.peers.has(peer)) return false;
  }
  if (wide.rule.ports.length === 0) return true;
  return (
    narrow.rule.ports.length > 0 &&
    narrow.rule.ports.every((port) => wide.rule.ports.some((other) => portCovers(other, port)))
  );
}

export const redundantRule: LintCheck = (world, report) => {
  for (const [direction, type] of DIRECTIONS) {
    const byNamespace = new Map<string, Entry[]>();
    let order = 0;
    for (const policy of world.policies) {
      if (!policy.types.includes(type)) continue;
      const selector = selectorKey(policy.podSelector);
      for (const rule of policy[direction]) {
        const list = byNamespace.get(policy.namespace) ?? [];
        byNamespace.set(policy.namespace, list);
        list.push({ policy, rule, selector, peers: new Set(rule.peers.map(peerKey)), order: order++ });
      }
    }
    for (const entries of byNamespace.values()) {
      for (const narrow of entries) {
        // Of two that are equal, the first stays.
        const wide = entries.find(
          (other) =>
            other !== narrow && covers(other, narrow) && (other.order < narrow.order || !covers(narrow, other)),
        );
        if (wide === undefined) continue;
        report(
          narrow.rule.cause.source,
          `${policyName(narrow.policy)}: ${narrow.rule.cause.reason} allows nothing new: ${wide.policy === narrow.policy ? "" : `${policyName(wide.policy)} `}${wide.rule.cause.reason} (${formatSource(wide.rule.cause.source)}) allows all of it`,
          "policies add up, no rule denies anything: remove this one, or make the other one narrower",
        );
      }
    }
  }
};

export const unusedDirection: LintCheck = (world, report) => {
  for (const policy of [...world.policies, ...(world.calico?.policies ?? [])]) {
    const field = policy.kind === "NetworkPolicy" ? "policyTypes" : "types";
    for (const [direction, type] of DIRECTIONS) {
      const [rule] = policy[direction];
      if (rule === undefined || policy.types.includes(type)) continue;
      report(
        rule.cause.source,
        `${policyName(policy)}: ${formatPath(["spec", direction])} has no effect: ${field} does not list ${type}`,
        `add ${type} to ${field}, or remove the rules`,
      );
    }
  }
};
