/** The supported kinds of manifests, a line each. Others are in left-out-kinds.ts. */
import { adminNetworkPolicyKind } from "./admin-network-policy/schema.ts";
import { baselineAdminNetworkPolicyKind } from "./baseline-admin-network-policy/schema.ts";
import { calicoNetworkPolicyKind } from "./calico-network-policy/schema.ts";
import { bfdProfileKind } from "./bfd-profile/schema.ts";
import { bgpAdvertisementKind } from "./bgp-advertisement/schema.ts";
import { bgpConfigurationKind } from "./bgp-configuration/schema.ts";
import { bgpFilterKind } from "./bgp-filter/schema.ts";
import { bgpPeerKind } from "./bgp-peer/schema.ts";
import { clusterNetworkPolicyKind } from "./cluster-network-policy/schema.ts";
import { communityKind } from "./community/schema.ts";
import { configMapKind } from "./config-map/schema.ts";
import { cronJobKind } from "./cron-job/schema.ts";
import { daemonSetKind } from "./daemon-set/schema.ts";
import { deploymentKind } from "./deployment/schema.ts";
import { securityGroupPolicyKind } from "./security-group-policy/schema.ts";
import { eniConfigKind } from "./eni-config/schema.ts";
import { endpointSliceKind } from "./endpoint-slice/schema.ts";
import { endpointsKind } from "./endpoints/schema.ts";
import { globalNetworkPolicyKind } from "./global-network-policy/schema.ts";
import { globalNetworkSetKind } from "./global-network-set/schema.ts";
import { hostEndpointKind } from "./host-endpoint/schema.ts";
import { ipAddressPoolKind } from "./ip-address-pool/schema.ts";
import { ingressClassKind } from "./ingress-class/schema.ts";
import { ingressKind } from "./ingress/schema.ts";
import { ipPoolKind } from "./ip-pool/schema.ts";
import { jobKind } from "./job/schema.ts";
import type { ManifestKind } from "./kind.ts";
import { l2AdvertisementKind } from "./l2-advertisement/schema.ts";
import { metallbPeerKind } from "./metallb-bgp-peer/schema.ts";
import { namespaceKind } from "./namespace/schema.ts";
import { networkPolicyKind } from "./network-policy/schema.ts";
import { networkSetKind } from "./network-set/schema.ts";
import { nodeKind } from "./node/schema.ts";
import { podKind } from "./pod/schema.ts";
import { replicaSetKind } from "./replica-set/schema.ts";
import { replicationControllerKind } from "./replication-controller/schema.ts";
import { secretKind } from "./secret/schema.ts";
import { serviceAccountKind } from "./service-account/schema.ts";
import { serviceKind } from "./service/schema.ts";
import { statefulSetKind } from "./stateful-set/schema.ts";
import { tierKind } from "./tier/schema.ts";

const KINDS = [
  namespaceKind,
  nodeKind,
  podKind,
  deploymentKind,
  replicaSetKind,
  statefulSetKind,
  daemonSetKind,
  replicationControllerKind,
  jobKind,
  cronJobKind,
  serviceKind,
  endpointSliceKind,
  endpointsKind,
  ingressKind,
  ingressClassKind,
  networkPolicyKind,
  clusterNetworkPolicyKind,
  adminNetworkPolicyKind,
  baselineAdminNetworkPolicyKind,
  configMapKind,
  secretKind,
  serviceAccountKind,
  ipPoolKind,
  eniConfigKind,
  securityGroupPolicyKind,
  tierKind,
  calicoNetworkPolicyKind,
  globalNetworkPolicyKind,
  networkSetKind,
  globalNetworkSetKind,
  hostEndpointKind,
  bgpConfigurationKind,
  bgpPeerKind,
  bgpFilterKind,
  ipAddressPoolKind,
  l2AdvertisementKind,
  bgpAdvertisementKind,
  metallbPeerKind,
  communityKind,
  bfdProfileKind,
] as const;

type Kind = (typeof KINDS)[number];
export type ManifestKindName = Kind["kind"];
export type ManifestDocuments = {
  readonly [D in Kind as D["kind"]]: D extends ManifestKind<string, infer T> ? T : never;
};

/** What every kind has, without its own shape. */
export type AnyKind = ManifestKind<ManifestKindName, unknown>;

const BY_NAME: ReadonlyMap<string, AnyKind> = new Map(KINDS.map((kind): [string, AnyKind] => [kind.kind, kind]));

export const MANIFEST_KINDS: readonly AnyKind[] = KINDS;

/** `NetworkPolicy` of `NetworkPolicy.projectcalico.org`: what manifests write under kind. */
export const writtenKind = (kind: string): string => kind.split(".", 1)[0] ?? kind;

const BY_WRITTEN: ReadonlyMap<string, readonly AnyKind[]> = Map.groupBy(MANIFEST_KINDS, ({ kind }) =>
  writtenKind(kind),
);

/** Kinds of several API groups may be written alike; the first is Kubernetes' own. */
export function kindsWritten(kind: string): readonly AnyKind[] {
  return BY_WRITTEN.get(kind) ?? [];
}

/** Kinds whose controllers make pods. */
export const WORKLOAD_KINDS: readonly AnyKind[] = MANIFEST_KINDS.filter(({ workload }) => workload !== undefined);

/** By its name here, `NetworkPolicy.projectcalico.org`; undefined for an unsupported kind. */
export function manifestKind(kind: string): AnyKind | undefined {
  return BY_NAME.get(kind);
}

export function isWorkloadKind(kind: string): boolean {
  return BY_NAME.get(kind)?.workload !== undefined;
}
