/** ReplicaSets and ReplicationControllers: as many pods as spec.replicas says (pkg/controller/replicaset). */
import { asWaitedFor } from "../workload/availability.ts";
import { fillSet, newSet, statusOf } from "../workload/replicas.ts";
import type { Controller } from "../workload/workload-kind.ts";

export const replicaSetController: Controller = {
  begin: (_hash, replicas) => newSet("", replicas),
  pod: (spec) => ({ base: spec.name, labels: {} }),
  step({ spec, replicas, sets, live, pods }) {
    const filled = sets.map((set) => fillSet(spec, { ...set, replicas }, live, pods));
    return { sets: filled.map(({ set }) => set), terminate: filled.flatMap(({ terminate }) => terminate) };
  },
  progress({ spec, replicas, sets, live, pods }) {
    const waited = asWaitedFor(live, pods);
    const [status] = sets.map((set) => statusOf(spec, set, waited.live, waited.pods));
    const { pods: updated = 0, available = 0 } = status ?? {};
    return { updated, available, old: 0, complete: updated === replicas && available === replicas };
  },
  // Its pods stay what they are; new ones are of the new template.
  isRolling: () => false,
  strategy: () => "",
  revision: ({ name }) => name,
};
