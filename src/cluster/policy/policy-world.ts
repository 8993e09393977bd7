/** What NetworkPolicies are judged in: a cluster's namespaces, pods and nodes with their labels and addresses. */
import type { ClusterModel } from "../cluster.ts";
import { networkPlugin } from "../cni/registry.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";
import type { PolicySwitches } from "./switches.ts";
import type {
  ClusterNetworkPolicyModel,
  PolicyObject,
} from "../../kube/cluster-network-policy/cluster-network-policy.ts";
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
  }[];
  /** Operators make pods of them, which are not among these. */
  readonly customResources?: readonly CustomResource[] | undefined;
  /** Which Service has an address. */
  readonly serviceAddresses?: ReadonlyMap<string, { readonly namespace: string; readonly name: string }> | undefined;
  /** Prefixes of which Services and pods get their addresses. */
  readonly ranges?: { readonly services: readonly string[]; readonly pods: readonly string[] } | undefined;
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

/** All policies, of whatever kind. */
export function policyObjects({
  policies,
  clusterPolicies,
}: Pick<PolicyWorld, "policies" | "clusterPolicies">): readonly PolicyObject[] {
  return [...policies, ...clusterPolicies];
}

type Labels = Readonly<Record<string, string>>;

const namespaces = new WeakMap<PolicyWorld, ReadonlyMap<string, Labels>>();

/** A namespace's labels; one that no manifest declares has its name only. */
export function namespaceLabels(world: PolicyWorld, name: string): Labels {
  let labels = namespaces.get(world);
  if (labels === undefined)
    namespaces.set(world, (labels = new Map(world.namespaces.map((one) => [one.name, one.labels]))));
  return labels.get(name) ?? { "kubernetes.io/metadata.name": name };
}

export type WorldPod = PolicyWorld["pods"][number];

const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;

function addresses(perFamily: PodModel["address"]): readonly string[] {
  return [perFamily.ipv4, perFamily.ipv6].filter((address) => address !== undefined);
}

/** A node sends from its underlay address, and from those that the network plugin assigns. */
export function nodeAddresses(cluster: ClusterModel, node: ClusterNode): readonly string[] {
  return [...addresses(node.address), ...networkPlugin(cluster).nodeAddresses(node)];
}

/** Prefixes of pods and nodes where the network plugin's ipBlocks do not match them; else nothing. */
export function unmeantByBlocks({ switches, ranges, pods, nodes }: PolicyWorld): readonly string[] {
  if ((switches ?? DEFAULT_SWITCHES).ipBlockMatchesPods) return [];
  const single = (address: string): string => `${address}/${address.includes(":") ? 128 : 32}`;
  const ofPods = ranges?.pods ?? pods.flatMap((pod) => pod.addresses.map(single));
  return [...ofPods, ...nodes.flatMap((node) => node.addresses.map(single))];
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

type Name = { readonly namespace: string; readonly name: string };

/** `stated`: Services of addresses that manifests say, which another cluster gave. */
export function policyWorld(cluster: ClusterModel, stated?: PolicyWorld["serviceAddresses"]): PolicyWorld {
  const { switches, bridged } = networkPlugin(cluster);
  return {
    policies: cluster.policies,
    switches,
    bridged,
    clusterPolicies: cluster.clusterPolicies,
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
    })),
  };
}
