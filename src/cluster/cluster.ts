/** The cluster layer: nodes, address ranges, CNI and pods, with every address assigned. */
import type { PerFamily } from "../net/family.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import type { WorkloadNames } from "../kube/workload/workload-kind.ts";
import type { NamespaceModel } from "../kube/namespace/namespace-model.ts";
import type { ClusterNode, UnderlaySwitch } from "../kube/node/cluster-node.ts";
import type { RouterBgp } from "./bgp/routers.ts";
import type { CniModel } from "./cni/plugin.ts";
import type { MetallbModel } from "./metallb/model.ts";
import type { Cause } from "../cause.ts";
import type { NodeAttachments } from "../resources/cni/attached.ts";
import type { DnsServerSpec } from "../resources/dns/zone.ts";
import type { PolicyBackendName } from "./policy/backends.ts";
import type { CalicoObjects, ServiceAccountModel } from "../kube/calico/calico-policy.ts";
import type { IngressObjects } from "../kube/ingress/ingress.ts";
import type { ClusterNetworkPolicyModel } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type { NetworkPolicyModel } from "../kube/network-policy/network-policy.ts";
import type { ClusterDnsSpec, EndpointSliceModel, KubeProxySpec, ServiceModel } from "../kube/service/service.ts";

export interface NetworkPolicySpec {
  /** The nodes' policy backend. */
  readonly backend: PolicyBackendName;
  /** Denied packets go to NFLOG group 100 as well, with the pod and the policies that isolate it. */
  readonly log: boolean;
  readonly cause: Cause;
}

/** One for the lab: clusters differ in the families of it that they know. */
export interface Internet {
  readonly subnet: PerFamily<string>;
  readonly router: PerFamily<string>;
  readonly address: PerFamily<string>;
  readonly servers: readonly number[];
  /** Its DNS server. */
  readonly dns?: (DnsServerSpec & { readonly cause: Cause }) | undefined;
}

/** `C`: the settings of its network plugin. */
export interface ClusterModel<C extends CniModel = CniModel> {
  /** As the lab file names it; `default` is the one of `spec.cluster`. */
  readonly name: string;
  readonly nodes: readonly ClusterNode[];
  readonly switches: readonly UnderlaySwitch[];
  /** Whole-cluster ranges. */
  readonly podCIDR: PerFamily<string>;
  readonly serviceCIDR: PerFamily<string>;
  readonly cni: C;
  readonly networkPolicy: NetworkPolicySpec;
  /** Underlay MTU, default 1500. */
  readonly mtu: number;
  /** The largest packet that gets through between the nodes, where known: `mtu` does not exceed it. */
  readonly wireMtu?: number | undefined;
  /** The `internet` namespace with documentation addresses, behind the `router`. */
  readonly internet: Internet;
  /** The router has routes to its pods: others reach them by address. */
  readonly flat?: true | undefined;
  /** The router speaks BGP. */
  readonly routerBgp?: RouterBgp | undefined;
  /** Addresses for Services of type LoadBalancer: prefixes, of `loadBalancer.cidr` or of MetalLB's pools. */
  readonly loadBalancer: { readonly ranges: readonly string[] };
  /** MetalLB, where there are manifests of it. */
  readonly metallb?: MetallbModel | undefined;
  readonly kubeProxy: KubeProxySpec;
  readonly dns: ClusterDnsSpec;
  /** In the order of the manifests, the cluster's own (kubernetes, kube-dns) first. Empty: the lab has no Services. */
  readonly services: readonly ServiceModel[];
  /** Given and derived, sorted by namespace, service and name. */
  readonly slices: readonly EndpointSliceModel[];
  readonly namespaces: readonly NamespaceModel[];
  readonly pods: readonly PodModel[];
  /** In a running lab under a plugin that calls others: what these have attached and made. */
  readonly attachments?: NodeAttachments | undefined;
  /** Kinds whose controllers make pods: what `deploy/web` means in a running lab, without loading any schema. */
  readonly workloadKinds: readonly WorkloadNames[];
  readonly policies: readonly NetworkPolicyModel[];
  readonly clusterPolicies: readonly ClusterNetworkPolicyModel[];
  /** Of projectcalico.org, where the network plugin enforces them. Absent: there are none. */
  readonly calico?: CalicoObjects | undefined;
  /** Absent: none is declared. */
  readonly serviceAccounts?: readonly ServiceAccountModel[] | undefined;
  /** Absent: there are neither Ingresses nor classes of them. */
  readonly ingress?: IngressObjects | undefined;
  readonly cause: Cause;
}
