/** Which nodes take a DaemonSet's pods, and what its controller writes into them. */
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodSpecDocument } from "../pod/pod-spec.ts";

/** Names of the nodes that the template's nodeSelector takes. */
export function daemonNodes(spec: PodSpecDocument, nodes: readonly ClusterNode[]): readonly string[] {
  const selector = Object.entries(spec.nodeSelector ?? {});
  const fit = nodes.filter((node) => selector.every(([key, value]) => node.labels[key] === value));
  return fit.map(({ name }) => name);
}

export function daemonPodSpec(_spec: PodSpecDocument, node: string): Partial<PodSpecDocument> {
  return { nodeName: node };
}
