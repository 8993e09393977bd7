/** Selectors that match nothing, and two peer entries where one was probably meant. */
import { policyName, type PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { formatSelector, matches } from "../../kube/label-selector.ts";
import type { LabelSelector, PolicyPeer } from "../../kube/network-policy/network-policy.ts";
import { policyObjects, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { formatPeer } from "../policy/policy-explain.ts";
import { makerOf, peerNamespaces, subjectOf } from "./elsewhere.ts";
import { selectedPods, someOf, type LintCheck } from "./lint-check.ts";
import { namespacedName } from "../../net/object-ref.ts";

type Labels = Readonly<Record<string, string>>;

/** What exists instead: the values of a key that nothing has with this value, or the keys. */
export function instead(selector: LabelSelector, all: readonly Labels[], who: string): string {
  for (const requirement of selector.requirements) {
    if (all.some((labels) => matches({ requirements: [requirement] }, labels))) continue;
    const { key, values } = requirement;
    const there = [...new Set(all.flatMap((labels) => (labels[key] === undefined ? [] : [labels[key]])))];
    if (there.length > 0)
      return `${key} of the ${who} there is ${there.slice(0, 5).join(", ")}; ${didYouMean(values[0] ?? "", there, "choose one of") ?? ""}`;
    const keys = [...new Set(all.flatMap((labels) => Object.keys(labels)))];
    return keys.length === 0
      ? `the ${who} there have no labels`
      : `none of the ${who} has a label ${key}; ${didYouMean(key, keys, "there are") ?? ""}`;
  }
  return `each requirement matches one of the ${who}, but none matches all: ${formatSelector(selector)}`;
}

export const emptySelection: LintCheck = (world, report) => {
  for (const policy of policyObjects(world)) {
    if (selectedPods(world, policy).length > 0) continue;
    const { names, podSelector = ALL } = subjectOf(world, policy);
    const all = world.pods.filter((pod) => names.has(pod.namespace));
    const onHost = all.filter((pod) => pod.hostNetwork && matches(podSelector, pod.labels));
    if (onHost.length > 0) {
      report(
        policy.cause.source,
        `${policyName(policy)} has no effect: ${someOf(onHost.map((pod) => pod.name))} ${onHost.length === 1 ? "uses its" : "use their"} node's network, and nothing else is selected`,
        "policies concern pods of the pod network only; protect the node itself, or remove hostNetwork",
      );
      continue;
    }
    if (makerOf(world, podSelector, names) !== undefined) continue;
    const there = all.filter((pod) => !pod.hostNetwork);
    const isOne = policy.kind === "NetworkPolicy";
    if (!isOne && names.size === 0) {
      const spaces = world.namespaces.map(({ labels }) => labels);
      report(
        policy.cause.source,
        `${policyName(policy)} selects no pod: subject ${formatSelector(policy.subject.namespaceSelector)} matches no namespace`,
        instead(policy.subject.namespaceSelector, spaces, "namespaces"),
      );
      continue;
    }
    const where = isOne ? `namespace ${policy.namespace}` : someOf([...names]);
    report(
      policy.cause.source,
      `${policyName(policy)} selects no pod: ${there.length === 0 ? `there are no pods in ${where}` : `podSelector ${formatSelector(podSelector)}`}`,
      there.length === 0
        ? isOne
          ? "is the namespace right? A policy protects pods of its own namespace only"
          : "is the subject right?"
        : instead(
            podSelector,
            there.map((pod) => pod.labels),
            "pods",
          ),
    );
  }
};

const ALL: LabelSelector = { requirements: [] };

interface Problem {
  readonly what: string;
  readonly hint: string;
}

function peerProblem(
  world: PolicyWorld,
  policy: PolicyObject,
  peer: Extract<PolicyPeer, { kind: "pods" }>,
): Problem | undefined {
  const { namespaceSelector, podSelector } = peer;
  const none = (hint: string): Problem => ({ what: "matches no pod", hint });
  const namespaces = peerNamespaces(world, policy, peer);
  if (namespaceSelector !== undefined && namespaces.length === 0)
    return none(
      instead(
        namespaceSelector,
        world.namespaces.map(({ labels }) => labels),
        "namespaces",
      ),
    );
  const names = new Set(namespaces.map(({ name }) => name));
  const all = world.pods.filter((pod) => names.has(pod.namespace));
  const pods = all.filter((pod) => !pod.hostNetwork);
  const fits = (pod: (typeof all)[number]): boolean => podSelector === undefined || matches(podSelector, pod.labels);
  if (pods.some(fits)) return undefined;
  const onHost = all.filter(fits);
  if (onHost.length > 0)
    return {
      what: `matches only pods in their node's network (hostNetwork), which selectors do not see: ${someOf(onHost.map(namespacedName))}`,
      hint: "their packets have the node's address: write an ipBlock of the nodes' addresses; a pod's own node always reaches it",
    };
  if (podSelector === undefined || makerOf(world, podSelector, names) !== undefined) return undefined;
  if (pods.length === 0) return none(`there are no pods in ${[...names].join(", ")}`);
  return none(
    instead(
      podSelector,
      pods.map((pod) => pod.labels),
      "pods",
    ),
  );
}

function nodesProblem(world: PolicyWorld, { selector }: Extract<PolicyPeer, { kind: "nodes" }>): Problem | undefined {
  if (world.nodes.some(({ labels }) => matches(selector, labels))) return undefined;
  const all = world.nodes.map(({ labels }) => labels);
  return { what: "matches no node", hint: instead(selector, all, "nodes") };
}

export const emptyPeer: LintCheck = (world, report) => {
  // Many policies name the same peers: each is looked at once per namespace.
  const known = new Map<string, Problem | undefined>();
  for (const policy of policyObjects(world)) {
    for (const rule of [...policy.ingress, ...policy.egress]) {
      for (const peer of rule.peers) {
        if (peer.kind === "ipBlock" || peer.kind === "domainNames") continue;
        const text = formatPeer(peer);
        const key = `${policy.kind === "NetworkPolicy" ? policy.namespace : ""} ${text}`;
        if (!known.has(key))
          known.set(key, peer.kind === "nodes" ? nodesProblem(world, peer) : peerProblem(world, policy, peer));
        const problem = known.get(key);
        if (problem === undefined) continue;
        report(peer.cause.source, `${policyName(policy)}: ${text} ${problem.what}`, problem.hint);
      }
    }
  }
};

const filled = (selector: LabelSelector | undefined): boolean => (selector?.requirements.length ?? 0) > 0;

export const splitPeer: LintCheck = (world, report) => {
  for (const policy of world.policies) {
    for (const rule of [...policy.ingress, ...policy.egress]) {
      for (const [i, peer] of rule.peers.entries()) {
        const next = rule.peers[i + 1];
        if (peer.kind !== "pods" || next?.kind !== "pods") continue;
        const [spaces, pods] = peer.podSelector === undefined ? [peer, next] : [next, peer];
        if (spaces.podSelector !== undefined || pods.namespaceSelector !== undefined) continue;
        if (!filled(spaces.namespaceSelector) || !filled(pods.podSelector)) continue;
        report(
          next.cause.source,
          `${policyName(policy)}: namespaceSelector and podSelector are two entries: all pods of those namespaces, or those pods of namespace ${policy.namespace}`,
          "if you mean pods that match both, make them one entry: remove the second -",
        );
      }
    }
  }
};
