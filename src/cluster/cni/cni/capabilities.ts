/** What a container runtime passes of a pod to plugins: arguments by capability, and CNI_ARGS (containerd's pkg/cri/server/sandbox_run.go). */
import type { Json } from "../../../cni/config.ts";
import { sandboxId } from "../../../cni/names.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { PodModel } from "../../../kube/pod/pod-model.ts";
import { perFamily } from "../../../net/families.ts";

export function capabilityArgs(pod: PodModel, node: ClusterNode): Json {
  const portMappings = pod.containers.flatMap(({ ports }) =>
    ports.flatMap(({ hostPort, port, protocol, hostIP = "" }) =>
      hostPort === undefined ? [] : [{ hostPort, containerPort: port, protocol, hostIP }],
    ),
  );
  const ipRanges = perFamily(node.podCIDR).map(([, subnet]) => [{ subnet }]);
  return {
    ...(portMappings.length === 0 ? {} : { portMappings }),
    ...(pod.bandwidth === undefined ? {} : { bandwidth: pod.bandwidth }),
    ipRanges,
  };
}

export function cniArgs({ namespace, name, ns }: PodModel): readonly (readonly [string, string])[] {
  return [
    ["IgnoreUnknown", "1"],
    ["K8S_POD_NAMESPACE", namespace],
    ["K8S_POD_NAME", name],
    ["K8S_POD_INFRA_CONTAINER_ID", sandboxId(ns)],
  ];
}
