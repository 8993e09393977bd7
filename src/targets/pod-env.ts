/** The environment of a command that is run in a pod: that of the pod's first container, as with kubectl exec. */
import type { ClusterModel } from "../cluster/cluster.ts";
import type { Target } from "../net/target.ts";
import { containerEnv } from "../kube/service/service-env.ts";

/** Empty for everything that is not a pod. */
export function podEnv(
  lab: { readonly cluster?: Pick<ClusterModel, "pods" | "services"> | undefined },
  target: Pick<Target, "pod">,
): Readonly<Record<string, string>> {
  const wanted = target.pod;
  if (wanted === undefined) return {};
  const found = lab.cluster?.pods.find((pod) => pod.namespace === wanted.namespace && pod.name === wanted.name);
  const container = found?.containers[0];
  return found === undefined || container === undefined
    ? {}
    : containerEnv(lab.cluster?.services ?? [], found, container);
}
