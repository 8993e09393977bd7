/** Policies of all APIs together. */
import type { AnyPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyWorld } from "./policy-world.ts";

export function allPolicies({
  policies,
  clusterPolicies,
  calico,
}: Pick<PolicyWorld, "policies" | "clusterPolicies" | "calico">): readonly AnyPolicy[] {
  return [...policies, ...clusterPolicies, ...(calico?.policies ?? [])];
}
