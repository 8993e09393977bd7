/** The environment of a command that is run in a pod: that of the pod's first container, as with kubectl exec. */
import { clusterNamed, findLabPod, type Clusters } from "../cluster/lab-clusters.ts";
import type { Target } from "../net/target.ts";
import { containerEnv } from "../kube/service/service-env.ts";

/** Empty for everything that is not a pod. */
export function podEnv(lab: Clusters, target: Pick<Target, "pod">): Readonly<Record<string, string>> {
  const wanted = target.pod;
  if (wanted === undefined) return {};
  const found = findLabPod(lab, wanted);
  const container = found?.containers[0];
  return found === undefined || container === undefined
    ? {}
    : containerEnv(clusterNamed(lab, found.cluster)?.services ?? [], found, container);
}
