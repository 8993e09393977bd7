/** What a lint rule is: it checks a world and reports findings. */
import type { SourceRef } from "../../cause.ts";
import { perObject } from "../../memo.ts";
import { isCalicoPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { AnyPolicy, PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { selectsPod } from "../../cluster/policy/endpoint-labels.ts";
import { isSubject } from "../../cluster/policy/tiers.ts";
import type { PolicyRule } from "../../kube/network-policy/network-policy.ts";
import type { PolicyWorld, WorldPod } from "../../cluster/policy/policy-world.ts";
import { matches } from "../../kube/label-selector.ts";

export type Report = (source: SourceRef | undefined, message: string, hint: string) => void;

export type LintCheck = (world: PolicyWorld, report: Report) => void;

/** Pods of the pod network by namespace: most questions are about one namespace. */
const podsByNamespace = perObject(({ pods }: PolicyWorld) =>
  Map.groupBy(
    pods.filter((pod) => !pod.hostNetwork),
    (pod) => pod.namespace,
  ),
);

function podsOf(world: PolicyWorld, namespace: string): readonly WorldPod[] {
  return podsByNamespace(world).get(namespace) ?? [];
}

/** The pods that a policy selects; hostNetwork pods are not policed. */
export function selectedPods(world: PolicyWorld, policy: AnyPolicy): readonly WorldPod[] {
  if (isCalicoPolicy(policy)) {
    const own =
      policy.namespace === undefined ? world.pods.filter((pod) => !pod.hostNetwork) : podsOf(world, policy.namespace);
    return own.filter((pod) => selectsPod(world, policy.selector, pod));
  }
  return policy.kind === "NetworkPolicy"
    ? podsOf(world, policy.namespace).filter((pod) => matches(policy.podSelector, pod.labels))
    : world.pods.filter((pod) => !pod.hostNetwork && isSubject(world, policy, pod));
}

/** The pods that a rule's peers name; undefined when it also covers addresses or everything. */
export function namedPods(world: PolicyWorld, policy: PolicyObject, rule: PolicyRule): readonly WorldPod[] | undefined {
  if (rule.peers.length === 0) return undefined;
  const found = new Set<WorldPod>();
  for (const peer of rule.peers) {
    if (peer.kind !== "pods") return undefined;
    const { namespaceSelector, podSelector } = peer;
    const names =
      namespaceSelector === undefined
        ? policy.kind === "NetworkPolicy"
          ? [policy.namespace]
          : []
        : world.namespaces.filter(({ labels }) => matches(namespaceSelector, labels)).map(({ name }) => name);
    for (const name of names)
      for (const pod of podsOf(world, name))
        if (podSelector === undefined || matches(podSelector, pod.labels)) found.add(pod);
  }
  return [...found];
}

/** `web, api and 3 more`. */
export function someOf(names: readonly string[]): string {
  const unique = [...new Set(names)];
  return unique.length <= 3 ? unique.join(", ") : `${unique.slice(0, 2).join(", ")} and ${unique.length - 2} more`;
}
