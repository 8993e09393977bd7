/** Calico's own policies (projectcalico.org/v3) as Felix sees them: defaults filled, selectors combined, every part with its place. */
import type { Cause } from "../../cause.ts";
import type { Scope } from "../../syntax/scope.ts";

/** Inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Numbers, or the name of an endpoint's port. */
export type CalicoPort = PortRange | string;

/** What one end of a connection must be, all of it. Empty: anything. */
export interface CalicoEnd {
  /** Of endpoints, with namespaces and service accounts in it (selector-text.ts). */
  readonly selector?: string | undefined;
  /** No endpoint that it selects; other addresses are none. */
  readonly notSelector?: string | undefined;
  /** Any of these prefixes. */
  readonly nets: readonly string[];
  readonly notNets: readonly string[];
  /** Any of these. */
  readonly ports: readonly CalicoPort[];
  readonly notPorts: readonly CalicoPort[];
  /** What serves it: as a destination its ports, too. */
  readonly service?: { readonly namespace: string; readonly name: string } | undefined;
}

export interface IcmpMatch {
  readonly type?: number | undefined;
  readonly code?: number | undefined;
}

export type CalicoAction = "allow" | "deny" | "pass" | "log";

export interface CalicoRule {
  readonly action: CalicoAction;
  readonly ipVersion?: 4 | 6 | undefined;
  /** Lower case, or the number. */
  readonly protocol?: string | number | undefined;
  readonly notProtocol?: string | number | undefined;
  readonly icmp?: IcmpMatch | undefined;
  readonly notIcmp?: IcmpMatch | undefined;
  readonly source: CalicoEnd;
  readonly destination: CalicoEnd;
  readonly cause: Cause;
}

export interface CalicoPolicyModel {
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly kind: "NetworkPolicy.projectcalico.org" | "GlobalNetworkPolicy";
  readonly name: string;
  /** Absent: of the whole cluster. */
  readonly namespace?: string | undefined;
  readonly tier: string;
  /** The lowest first; absent: after all that have one. */
  readonly order?: number | undefined;
  /** Of the endpoints that it concerns, as its author wrote it together with what limits it. */
  readonly selector: string;
  readonly types: readonly ("Ingress" | "Egress")[];
  /** `untracked`, `preDNAT`: host endpoints only. */
  readonly stage: "normal" | "untracked" | "preDNAT";
  /** Of host endpoints also what the node forwards. */
  readonly applyOnForward: boolean;
  readonly ingress: readonly CalicoRule[];
  readonly egress: readonly CalicoRule[];
  readonly cause: Cause;
}

export interface CalicoTier {
  readonly name: string;
  /** The lowest first; absent: after all that have one. */
  readonly order?: number | undefined;
  /** For what its policies concern and no rule of them matches. */
  readonly defaultAction: "Deny" | "Pass";
  readonly cause: Cause;
}

/** Addresses with labels. */
export interface NetworkSetModel {
  readonly name: string;
  /** Absent: of the whole cluster. */
  readonly namespace?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly nets: readonly string[];
  readonly cause: Cause;
}

export interface HostEndpointModel {
  readonly name: string;
  readonly node: string;
  /** `*`: all but those of pods; absent: the one that has one of the addresses. */
  readonly interfaceName?: string | undefined;
  readonly expectedIPs: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly profiles: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  readonly cause: Cause;
}

export interface ServiceAccountModel {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** All of a cluster's. */
export interface CalicoObjects {
  readonly policies: readonly CalicoPolicyModel[];
  readonly tiers: readonly CalicoTier[];
  readonly networkSets: readonly NetworkSetModel[];
  readonly hostEndpoints: readonly HostEndpointModel[];
}

/** They are added to by each kind's `resolve`. */
export interface CalicoDrafts {
  readonly policies: CalicoPolicyModel[];
  readonly tiers: CalicoTier[];
  readonly networkSets: NetworkSetModel[];
  readonly hostEndpoints: HostEndpointModel[];
  /** Names of what must be there, and where they are written. */
  readonly references: { readonly kind: "Tier" | "Node"; readonly name: string; readonly scope: Scope }[];
}

/** Tiers that are always there (api/pkg/apis/projectcalico/v3/tier.go). */
export const BUILT_IN_TIERS = {
  "kube-admin": { order: 1000, defaultAction: "Pass" },
  default: { order: 1_000_000, defaultAction: "Deny" },
  "kube-baseline": { order: 10_000_000, defaultAction: "Pass" },
} as const satisfies Readonly<Record<string, Pick<CalicoTier, "order" | "defaultAction">>>;

export type BuiltInTier = keyof typeof BUILT_IN_TIERS;

/** Kubernetes' NetworkPolicies are in tier default at this order (libcalico-go/lib/backend/k8s/conversion). */
export const KUBERNETES_ORDER = 1000;

/** Labels that Calico gives to endpoints. */
export const LABELS = {
  namespace: "projectcalico.org/namespace",
  serviceAccount: "projectcalico.org/serviceaccount",
  orchestrator: "projectcalico.org/orchestrator",
  /** Before those of the namespace, and of the service account. */
  ofNamespace: "pcns.",
  ofServiceAccount: "pcsa.",
} as const;

const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
};

/** `tcp` and 6 are the same. */
export function protocolNumber(protocol: string | number): number | undefined {
  return typeof protocol === "number" ? protocol : PROTOCOL_NUMBERS[protocol.toLowerCase()];
}
