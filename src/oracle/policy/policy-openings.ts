/** Every pair of workloads with the ports that policies open between them and that no container declares. */
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { OF_THE_CLUSTER, workloadGroup } from "./connection-ends.ts";
import type { PolicyEndpoint } from "./policy-oracle.ts";
import { allowedPorts, declaredPorts, formatPorts, subtractPorts } from "./policy-port-space.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;

/** A world of more workloads is not tested pair by pair. */
const MOST = 150;

interface End extends PolicyEndpoint {
  readonly group: string;
}

/** One pod of each workload; pods of one workload that differ have a group of their own each. */
function ends(cluster: ClusterModel): readonly End[] {
  const found = new Map<string, End>();
  for (const pod of cluster.pods) {
    const group = workloadGroup(pod, cluster);
    if (pod.cause.source?.file === OF_THE_CLUSTER || pod.hostNetwork || found.has(group)) continue;
    found.set(group, { group, pod: { namespace: pod.namespace, name: pod.name }, address: first(pod) });
  }
  return [...found.values()];
}

const first = ({ address }: Pick<PodModel, "address">): string => address.ipv4 ?? address.ipv6 ?? "";

/** `shop/web -> shop/db tcp` → `1-5431, 5433-65535`; undefined: there are too many pairs to test. */
export function policyOpenings(cluster: ClusterModel, world: PolicyWorld): ReadonlyMap<string, string> | undefined {
  const pods = ends(cluster);
  if (pods.length > MOST) return undefined;
  const outside: End = { group: "internet", address: first(cluster.internet) };
  const openings = new Map<string, string>();
  for (const from of [...pods, outside])
    for (const to of pods) {
      if (from === to) continue;
      for (const protocol of PROTOCOLS) {
        const open = subtractPorts(allowedPorts(world, from, to, protocol), declaredPorts(world, to, protocol));
        if (open.length > 0) openings.set(`${from.group} -> ${to.group} ${protocol.toLowerCase()}`, formatPorts(open));
      }
    }
  return openings;
}
