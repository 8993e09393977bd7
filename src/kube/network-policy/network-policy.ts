/** NetworkPolicies as the API server keeps them: defaults filled, selectors parsed, every part with its place in the file. */
import type { Cause } from "../../cause.ts";

/** A label selector; no requirements: selects everything. */
export interface LabelSelector {
  readonly requirements: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values: readonly string[];
  }[];
}

export type PolicyPeer =
  | {
      readonly kind: "pods";
      /** Absent: the policy's own namespace only. */
      readonly namespaceSelector?: LabelSelector | undefined;
      /** Absent: all pods of the selected namespaces. */
      readonly podSelector?: LabelSelector | undefined;
      readonly cause: Cause;
    }
  | { readonly kind: "ipBlock"; readonly cidr: string; readonly except: readonly string[]; readonly cause: Cause };

export interface PolicyPort {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** Number, container port name, or absent: all ports of the protocol. */
  readonly port?: number | string | undefined;
  readonly endPort?: number | undefined;
  readonly cause: Cause;
}

export interface PolicyRule {
  /** Empty: any peer. */
  readonly peers: readonly PolicyPeer[];
  /** Empty: any port and any protocol. */
  readonly ports: readonly PolicyPort[];
  readonly cause: Cause;
}

export interface NetworkPolicyModel {
  readonly kind: "NetworkPolicy";
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  readonly types: readonly ("Ingress" | "Egress")[];
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
  readonly cause: Cause;
}
