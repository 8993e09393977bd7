/**
 * A cluster is resolved in its own names, as its manifests have them. In the lab the names of its namespaces begin with the
 * cluster's: node `node1` of cluster west is `west.node1`, its pod `default/client` is `west.default/client`.
 */
import { clusterPrefix, DEFAULT_CLUSTER } from "../net/object-ref.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { liveOf } from "../kube/workload/live-state.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import type { RunningCluster } from "../kube/workload/running-lab.ts";
import type { ClusterModel } from "./cluster.ts";

/** With the lab's names. The default cluster has no others. */
export function withLabNames(cluster: ClusterModel): ClusterModel {
  const { name } = cluster;
  const prefix = clusterPrefix(name);
  if (prefix === "") return cluster;
  const named = (own: string): string => `${prefix}${own}`;
  return {
    ...cluster,
    nodes: cluster.nodes.map((node) => ({ ...node, name: named(node.name) })),
    pods: cluster.pods.map((pod) => ({ ...pod, cluster: name, node: named(pod.node), ns: named(pod.ns) })),
    services: cluster.services.map((service) => ({ ...service, cluster: name })),
    policies: cluster.policies.map((policy) => ({ ...policy, cluster: name })),
    clusterPolicies: cluster.clusterPolicies.map((policy) => ({ ...policy, cluster: name })),
    ...(cluster.calico === undefined
      ? {}
      : {
          calico: {
            ...cluster.calico,
            policies: cluster.calico.policies.map((policy) => ({ ...policy, cluster: name })),
            hostEndpoints: cluster.calico.hostEndpoints.map((one) => ({ ...one, node: named(one.node) })),
          },
        }),
    slices: cluster.slices.map((slice) => ({
      ...slice,
      endpoints: slice.endpoints.map((one) => ({
        ...one,
        ...(one.nodeName === undefined ? {} : { nodeName: named(one.nodeName) }),
        ...(one.hints === undefined ? {} : { hints: { ...one.hints, forNodes: one.hints.forNodes.map(named) } }),
      })),
    })),
  };
}

/** A node's name in its cluster: what it calls itself, and manifests call it. */
export function ownNodeName(cluster: string, node: string): string {
  const prefix = clusterPrefix(cluster);
  return node.startsWith(prefix) ? node.slice(prefix.length) : node;
}

/** Nodes with the names that the cluster itself gives them. */
export function ownNodes({ name, nodes }: Pick<ClusterModel, "name" | "nodes">): ClusterModel["nodes"] {
  if (clusterPrefix(name) === "") return nodes;
  return nodes.map((node) => ({ ...node, name: ownNodeName(name, node.name) }));
}

/** Pods with the names that the cluster itself gives them: what its controllers see. */
export function ownPods({ name, pods }: Pick<ClusterModel, "name" | "pods">): readonly PodModel[] {
  if (clusterPrefix(name) === "") return pods;
  return pods.map((pod) => {
    const { cluster: _, ...own } = pod;
    return { ...own, node: ownNodeName(name, pod.node), ns: ownNodeName(name, pod.ns) };
  });
}

/** A lab that is up, as it was last resolved. */
export interface RunningLab {
  readonly live: LiveState;
  readonly clusters: readonly Pick<ClusterModel, "name" | "pods" | "services" | "wireMtu" | "cni">[];
  /** Pods that are new are not ready yet: they get no traffic before they are there. */
  readonly gradual: boolean;
}

/** What one cluster's resolving has to know of it. `isExternal`: its network plugin calls others. */
export function runningCluster(
  running: RunningLab | undefined,
  name = DEFAULT_CLUSTER,
  isExternal = false,
): RunningCluster | undefined {
  if (running === undefined) return undefined;
  const { live, clusters, gradual } = running;
  const cluster = clusters.find((one) => one.name === name);
  return {
    live: liveOf(live, name),
    ...(live.attachments === undefined || !isExternal
      ? {}
      : { attached: new Map(live.attachments.attached.map((one) => [ownNodeName(name, one.pod), one])) }),
    ...(cluster === undefined
      ? {}
      : {
          cluster: { pods: ownPods(cluster), services: cluster.services, wireMtu: cluster.wireMtu, cni: cluster.cni },
        }),
    gradual,
  };
}
