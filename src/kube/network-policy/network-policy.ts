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
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  readonly types: readonly ("Ingress" | "Egress")[];
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
  readonly cause: Cause;
}

/** An object that an operator acts on, or the definition of such a kind. */
export interface CustomResource {
  readonly kind: string;
  readonly name: string;
  /** `monitoring.coreos.com`. */
  readonly group: string;
  /** Absent: a definition. */
  readonly namespace?: string | undefined;
  /** Its own and those that it gives to what is made of it. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What the oracle and the rule generators work from. */
export interface PolicyWorld {
  readonly policies: readonly NetworkPolicyModel[];
  readonly namespaces: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly node: string;
    readonly hostNetwork: boolean;
    readonly addresses: readonly string[];
    readonly ports: readonly {
      readonly name?: string | undefined;
      readonly port: number;
      readonly protocol: "TCP" | "UDP" | "SCTP";
      /** No container declares it: a Service leads there, or a probe asks it. */
      readonly undeclared?: boolean | undefined;
    }[];
  }[];
  readonly nodes: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Others make pods of them, which are not among these. */
  readonly customResources?: readonly CustomResource[] | undefined;
  /** Which Service has an address. */
  readonly serviceAddresses?: ReadonlyMap<string, { readonly namespace: string; readonly name: string }> | undefined;
  /** Prefixes of which Services and pods get their addresses. */
  readonly ranges?: { readonly services: readonly string[]; readonly pods: readonly string[] } | undefined;
  /** Policies never see them; who writes a Service's port into a policy is told so. */
  readonly services?: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly selector?: Readonly<Record<string, string>> | undefined;
    readonly ports: readonly {
      readonly port: number;
      readonly targetPort: number | string;
      readonly protocol: "TCP" | "UDP" | "SCTP";
    }[];
  }[];
}
