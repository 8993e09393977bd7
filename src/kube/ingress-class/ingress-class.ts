/** IngressClass (networking.k8s.io/v1): which controller serves the Ingresses that name it. */
import type { Cause } from "../../cause.ts";
import type { Scope } from "../../syntax/scope.ts";

export interface IngressClassModel {
  readonly name: string;
  /** `k8s.io/ingress-nginx`. */
  readonly controller: string;
  /** Ingresses without a class get it. */
  readonly isDefault: boolean;
  readonly cause: Cause;
}

export interface IngressClassInput {
  readonly ingressClass: IngressClassModel;
  readonly scope: Scope;
}

export const DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";
