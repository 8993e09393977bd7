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
      /** What the field is called where it is not `namespaceSelector`. */
      readonly field?: "namespaces" | undefined;
      readonly cause: Cause;
    }
  | {
      readonly kind: "ipBlock";
      readonly cidr: string;
      readonly except: readonly string[];
      /** What the field is called where it is not `ipBlock`. */
      readonly field?: "networks" | undefined;
      readonly cause: Cause;
    }
  /** Nodes by their own addresses, pods in their nodes' network among what is there. */
  | { readonly kind: "nodes"; readonly selector: LabelSelector; readonly cause: Cause }
  /** Nothing here knows which packets go to a name: none matches. */
  | { readonly kind: "domainNames"; readonly names: readonly string[]; readonly cause: Cause };

export interface PolicyPort {
  /** Absent: any, of a name alone. */
  readonly protocol?: "TCP" | "UDP" | "SCTP" | undefined;
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
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly kind: "NetworkPolicy";
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  readonly types: readonly ("Ingress" | "Egress")[];
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
  readonly cause: Cause;
}
