/** The combined content of manifests, before anything has a node or an address. Each kind's `resolve` adds its part. */
import type { CalicoDrafts, ServiceAccountModel } from "./calico/calico-policy.ts";
import type { ClusterNetworkPolicyModel } from "./cluster-network-policy/cluster-network-policy.ts";
import type { BgpObjects } from "./calico/bgp-objects.ts";
import type { ConfigObject } from "./config-map/config-data.ts";
import type { EndpointsInput } from "./endpoints/mirrored-endpoints.ts";
import type { SliceInput } from "./endpoint-slice/resolve-slice.ts";
import type { EniConfigInput } from "./eni-config/eni-config.ts";
import type { IngressClassInput } from "./ingress-class/ingress-class.ts";
import type { IngressInput } from "./ingress/ingress.ts";
import type { IpPoolInput } from "./ip-pool/ip-pool.ts";
import type { MetallbObjects } from "./metallb/metallb-objects.ts";
import type { NetworkPolicyModel } from "./network-policy/network-policy.ts";
import type { Taint } from "./node/cluster-node.ts";
import type { PodDraft } from "./pod/pod-draft.ts";
import type { SecurityGroupPolicyInput } from "./security-group-policy/security-group-policy.ts";
import type { ServiceInput } from "./service/service-allocation.ts";
import type { LiveState } from "./workload/live-state.ts";
import type { WorkloadInput } from "./workload/workload-pods.ts";

export interface ClusterObjects {
  readonly live: LiveState;
  /** Objects of this kind have a controller that makes pods. */
  isWorkload(kind: string): boolean;
  /** Labels of namespaces by name, without those that were changed since. */
  readonly namespaces: Map<string, Readonly<Record<string, string>>>;
  /** Taints of Node objects by name. */
  readonly nodeTaints: Map<string, readonly Taint[]>;
  /** Annotations of Node objects by name. */
  readonly nodeAnnotations: Map<string, Readonly<Record<string, string>>>;
  /** Pods, and the workloads whose controllers make some, in the manifests' order. */
  readonly pods: (PodDraft | WorkloadInput)[];
  readonly policies: NetworkPolicyModel[];
  readonly clusterPolicies: ClusterNetworkPolicyModel[];
  readonly calico: CalicoDrafts;
  readonly serviceAccounts: ServiceAccountModel[];
  readonly ipPools: IpPoolInput[];
  readonly eniConfigs: EniConfigInput[];
  readonly securityGroupPolicies: SecurityGroupPolicyInput[];
  readonly bgp: BgpObjects;
  readonly metallb: MetallbObjects;
  readonly services: ServiceInput[];
  readonly slices: SliceInput[];
  readonly endpoints: EndpointsInput[];
  readonly ingresses: IngressInput[];
  readonly ingressClasses: IngressClassInput[];
  /** By `ConfigMap NAMESPACE/NAME`. */
  readonly configs: Map<string, ConfigObject>;
}
