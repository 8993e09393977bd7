/** What NetworkPolicies are judged in: a cluster's namespaces, pods and nodes with their labels and addresses. */
import { addTo } from "../../append.ts";
import type { ClusterModel } from "../cluster.ts";
import { networkPlugin } from "../cni/registry.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { PolicySwitches } from "./switches.ts";
import type {
  ClusterNetworkPolicyModel,
  PolicyObject,
} from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { CalicoObjects, ServiceAccountModel } from "../../kube/calico/calico-policy.ts";
import type { HostDevice } from "./host-endpoints.ts";
import type { NetworkPolicyModel } from "../../kube/network-policy/network-policy.ts";

/** An object that an operator acts on, or the definition of such a kind. */
export interface CustomResource {
  readonly kind: string;
  readonly name: string;
  /** `monitoring.coreos.com`. */
  readonly group: string;
  /** Absent: a definition. */
  readonly namespace?: string | undefined;
  /** Its own labels and those that it gives to its pods. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What policies are judged in: the oracle and the rule generators work from it. */
export interface PolicyWorld {
  readonly policies: readonly NetworkPolicyModel[];
  readonly clusterPolicies: readonly ClusterNetworkPolicyModel[];
  /** Absent: there are none. */
  readonly calico?: CalicoObjects | undefined;
  readonly serviceAccounts?: readonly ServiceAccountModel[] | undefined;
  /** Absent: the defaults. */
  readonly switches?: PolicySwitches | undefined;
  /** False: pods of a node reach each other through it, not across a bridge. */
  readonly bridged?: boolean | undefined;
  readonly namespaces: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly node: string;
    readonly hostNetwork: boolean;
    /** Absent: default. */
    readonly serviceAccount?: string | undefined;
    readonly addresses: readonly string[];
    readonly ports: readonly {
      readonly name?: string | undefined;
      readonly port: number;
      readonly protocol: "TCP" | "UDP" | "SCTP";
      /** No container declares it: a Service leads there, or a probe asks it. */
      readonly undeclared?: boolean | undefined;
    }[];
  }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    /** As in status.addresses. */
    readonly internalIPs: readonly string[];
    /** All from which it speaks. */
    readonly addresses: readonly string[];
    /** Its own, besides those of its pods. */
    readonly devices?: readonly HostDevice[] | undefined;
  }[];
  /** Operators make pods of them, which are not among these. */
  readonly customResources?: readonly CustomResource[] | undefined;
  /** Which Service has an address. */
  readonly serviceAddresses?: ReadonlyMap<string, { readonly namespace: string; readonly name: string }> | undefined;
  /** Prefixes of which Services and pods get their addresses. */
  readonly ranges?: { readonly services: readonly string[]; readonly pods: readonly string[] } | undefined;
  /** What serves each Service, by `NAMESPACE/NAME`. */
  readonly serviceEndpoints?:
    | ReadonlyMap<
        string,
        readonly { readonly address: string; readonly protocol: "TCP" | "UDP" | "SCTP"; readonly port: number }[]
      >
    | undefined;
  /** Policies never see them; used for a hint when a policy has a Service's port. */
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

/** Kubernetes' own policies, of whatever kind. */
export function policyObjects({
  policies,
  clusterPolicies,
}: Pick<PolicyWorld, "policies" | "clusterPolicies">): readonly PolicyObject[] {
  return [...policies, ...clusterPolicies];
}

export type WorldPod = PolicyWorld["pods"][number];

/** A node's device on the underlay. */
export const UPLINK = "eth0";

const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;

function addresses(perFamily: PodModel["address"]): readonly string[] {
  return [perFamily.ipv4, perFamily.ipv6].filter((address) => address !== undefined);
}

/** A node sends from its underlay address, and from those that the network plugin assigns. */
export function nodeAddresses(cluster: ClusterModel, node: ClusterNode): readonly string[] {
  return [...addresses(node.address), ...networkPlugin(cluster).nodeAddresses(cluster, node)];
}

/** Those that this cluster assigns, and those in manifests. */
function addressesOfServices({ services }: ClusterModel, stated: PolicyWorld["serviceAddresses"]): Map<string, Name> {
  const found = new Map<string, Name>();
  for (const { namespace, name, clusterIPs, externalIPs, loadBalancerIPs } of services)
    for (const address of [...clusterIPs, ...externalIPs, ...loadBalancerIPs.map(({ ip }) => ip)])
      found.set(address, { namespace, name });
  for (const [address, service] of stated ?? []) found.set(address, service);
  return found;
}

/** Of all slices of each Service, whether ready or not. */
function endpointsOfServices({ slices }: ClusterModel): NonNullable<PolicyWorld["serviceEndpoints"]> {
  const found = new Map<string, { address: string; protocol: "TCP" | "UDP" | "SCTP"; port: number }[]>();
  for (const { namespace, service, ports, endpoints } of slices)
    for (const [address = ""] of endpoints.map((one) => one.addresses))
      for (const { protocol, port } of ports) addTo(found, `${namespace}/${service}`, { address, protocol, port });
  return found;
}

type Name = { readonly namespace: string; readonly name: string };

/** `stated`: Services of addresses that manifests say, which another cluster gave. */
export function policyWorld(cluster: ClusterModel, stated?: PolicyWorld["serviceAddresses"]): PolicyWorld {
  const { switches, ...plugin } = networkPlugin(cluster);
  return {
    policies: cluster.policies,
    switches,
    bridged: plugin.bridged(cluster.cni),
    clusterPolicies: cluster.clusterPolicies,
    calico: cluster.calico,
    serviceAccounts: cluster.serviceAccounts,
    ...(cluster.calico === undefined ? {} : { serviceEndpoints: endpointsOfServices(cluster) }),
    services: cluster.services,
    serviceAddresses: addressesOfServices(cluster, stated),
    ranges: { services: addresses(cluster.serviceCIDR), pods: addresses(cluster.podCIDR) },
    namespaces: cluster.namespaces,
    pods: cluster.pods.map((pod) => ({
      namespace: pod.namespace,
      name: pod.name,
      labels: pod.labels,
      node: pod.node,
      hostNetwork: pod.hostNetwork,
      ...(pod.serviceAccount === undefined ? {} : { serviceAccount: pod.serviceAccount }),
      addresses: addresses(pod.address),
      ports: pod.containers.flatMap((container) =>
        container.ports.map(({ name, port, protocol, undeclared }) => ({
          ...(name === undefined ? {} : { name }),
          port,
          protocol: PROTOCOLS[protocol],
          ...(undeclared === true ? { undeclared } : {}),
        })),
      ),
    })),
    nodes: cluster.nodes.map((node) => ({
      name: node.name,
      labels: node.labels,
      internalIPs: addresses(node.address),
      addresses: nodeAddresses(cluster, node),
      devices: [{ name: UPLINK, addresses: addresses(node.address) }, ...(plugin.hostDevices?.(cluster, node) ?? [])],
    })),
  };
}
