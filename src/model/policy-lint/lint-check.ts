/** What a lint rule is: it looks at a world and tells. */
import type { SourceRef } from "../../cause.ts";
import type { NetworkPolicyModel, PolicyWorld } from "../network-policy.ts";
import type { WorldPod } from "../policy-oracle.ts";
import { matches } from "../label-selector.ts";

export type Tell = (source: SourceRef | undefined, message: string, hint: string) => void;

export type LintCheck = (world: PolicyWorld, tell: Tell) => void;

export const policyName = (policy: NetworkPolicyModel): string => `NetworkPolicy ${policy.namespace}/${policy.name}`;

/** The pods that a policy selects; hostNetwork pods are not policed. */
export function selectedPods(world: PolicyWorld, policy: NetworkPolicyModel): readonly WorldPod[] {
  return world.pods.filter(
    (pod) => pod.namespace === policy.namespace && !pod.hostNetwork && matches(policy.podSelector, pod.labels),
  );
}

/** `web, api and 3 more`. */
export function someOf(names: readonly string[]): string {
  const unique = [...new Set(names)];
  return unique.length <= 3 ? unique.join(", ") : `${unique.slice(0, 2).join(", ")} and ${unique.length - 2} more`;
}
