/** What NetworkPolicies are judged in: a cluster's namespaces, pods and nodes with their labels and addresses. */
import { addressAt, formatAddress, parsePrefix } from "../../net/address.ts";
import type { ClusterModel } from "../cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { PolicyWorld } from "../../kube/network-policy/network-policy.ts";

const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;

function addresses(perFamily: PodModel["address"]): readonly string[] {
  return [perFamily.ipv4, perFamily.ipv6].filter((address) => address !== undefined);
}

/** A node speaks from its underlay address, from cni0 (.1 of its part) and from its tunnel device (.0). */
export function nodeAddresses(node: ClusterNode): readonly string[] {
  const own = addresses(node.podCIDR).flatMap((text) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) return [];
    return [1n, 0n].flatMap((index) => {
      const address = addressAt(prefix, index);
      return address === undefined ? [] : [formatAddress(address)];
    });
  });
  return [...addresses(node.address), ...own];
}

/** Those that this cluster gives, and those that manifests say. */
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
  return {
    policies: cluster.policies,
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
    nodes: cluster.nodes.map((node) => ({ name: node.name, addresses: nodeAddresses(node) })),
  };
}
