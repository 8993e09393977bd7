/** Which nodes accept a DaemonSet's pods, and what its controller writes into these (pkg/controller/daemon: nodeShouldRunDaemonPod; util/daemonset_util.go). */
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodSpecDocument } from "../pod/pod-spec.ts";
import { nodeMatches } from "../scheduler/node-affinity.ts";
import type { Toleration } from "../scheduler/schema.ts";
import { UNSCHEDULABLE, untolerated } from "../scheduler/taints.ts";

const exists = (key: string, effect: string): Toleration => ({ key, operator: "Exists", effect });

/** AddOrUpdateDaemonPodTolerations. */
const TOLERATIONS: readonly Toleration[] = [
  exists("node.kubernetes.io/not-ready", "NoExecute"),
  exists("node.kubernetes.io/unreachable", "NoExecute"),
  exists("node.kubernetes.io/disk-pressure", "NoSchedule"),
  exists("node.kubernetes.io/memory-pressure", "NoSchedule"),
  exists("node.kubernetes.io/pid-pressure", "NoSchedule"),
  exists(UNSCHEDULABLE, "NoSchedule"),
];

function withTolerations(spec: PodSpecDocument): Toleration[] {
  const network = spec.hostNetwork === true ? [exists("node.kubernetes.io/network-unavailable", "NoSchedule")] : [];
  return [...(spec.tolerations ?? []), ...TOLERATIONS, ...network];
}

/** Names of the nodes that get a pod: nodeName, nodeSelector and node affinity take it, and no taint keeps it away. */
export function daemonNodes(spec: PodSpecDocument, nodes: readonly ClusterNode[]): readonly string[] {
  const tolerations = withTolerations(spec);
  const { nodeName = "" } = spec;
  return nodes.flatMap((node) =>
    (nodeName === "" || nodeName === node.name) &&
    nodeMatches(spec, node) &&
    untolerated({ tolerations }, node) === undefined
      ? [node.name]
      : [],
  );
}

/** ReplaceDaemonSetPodNodeNameNodeAffinity: of the template's terms only the node's name is left. */
export function daemonPodSpec(spec: PodSpecDocument, node: string): Partial<PodSpecDocument> {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return {
    tolerations: withTolerations(spec),
    affinity: {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: required,
      },
    },
  };
}
