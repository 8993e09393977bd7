/** ENIConfig (crd.k8s.amazonaws.com/v1alpha1): the subnet and the security groups of ENIs for pods. */
import type { Cause } from "../../cause.ts";
import type { Scope } from "../../syntax/scope.ts";

export interface EniConfigInput {
  readonly name: string;
  /** ID. */
  readonly subnet: string;
  readonly securityGroups: readonly string[];
  readonly cause: Cause;
  /** Its place. */
  readonly scope: Scope;
}
