/** SecurityGroupPolicy (vpcresources.k8s.aws/v1beta1): security groups of the network interfaces of pods. */
import type { Cause } from "../../cause.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { LabelSelectorDocument } from "../label-selector-schema.ts";

export interface SecurityGroupPolicyInput {
  readonly namespace: string;
  readonly name: string;
  /** Absent: all pods, as far as the other one selects them. */
  readonly podSelector?: LabelSelectorDocument | undefined;
  readonly serviceAccountSelector?: LabelSelectorDocument | undefined;
  /** IDs. */
  readonly groups: readonly string[];
  readonly cause: Cause;
  /** Its place. */
  readonly scope: Scope;
}
