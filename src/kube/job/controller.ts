/** Jobs, as long as they run: as many pods at once as they may have (pkg/controller/job: job_controller.go, indexed_job_utils.go). */
import { replicaSetController } from "../replica-set/controller.ts";
import type { ContainerDocument } from "../pod/container.ts";
import { MAX_BASE } from "../pod/pod-name.ts";
import type { LiveSet } from "../workload/live-state.ts";
import { newSet, ownPods } from "../workload/replicas.ts";
import type { Controller } from "../workload/workload-kind.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** Each pod works on the lowest completion index that no other one has. `leaving`: numbers of pods that terminate. */
function withIndexes(set: LiveSet, leaving: ReadonlySet<number>): LiveSet {
  const slots: Record<number, string> = {};
  for (const ordinal of set.ordinals) {
    const known = set.slots?.[ordinal];
    if (known !== undefined) slots[ordinal] = known;
  }
  const taken = new Set(set.ordinals.flatMap((one) => (leaving.has(one) ? [] : (slots[one] ?? []))));
  let index = 0;
  for (const ordinal of set.ordinals) {
    if (slots[ordinal] !== undefined) continue;
    while (taken.has(String(index))) index++;
    slots[ordinal] = String(index++);
  }
  return { ...set, slots };
}

const INDEX = "batch.kubernetes.io/job-completion-index";
const ENV = {
  name: "JOB_COMPLETION_INDEX",
  valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } },
};

/** addCompletionIndexEnvVariables */
const withIndex = (container: ContainerDocument): ContainerDocument => {
  const env = container.env ?? [];
  return env.some(({ name }) => name === ENV.name) ? container : { ...container, env: [...env, ENV] };
};

/** `job`: its name. `labels`: what the API server gives its pods. */
export function jobController(job: string, labels: Readonly<Record<string, string>>, indexed: boolean): Controller {
  const own = (set: LiveSet, leaving: ReadonlySet<number> = new Set()): LiveSet =>
    indexed ? withIndexes(set, leaving) : set;
  return {
    ...replicaSetController,
    begin: (_hash, replicas) => own(newSet("", replicas)),
    pod(spec, set, ordinal) {
      const index = set.slots?.[ordinal];
      if (index === undefined) return { base: job, labels };
      const { containers, initContainers } = (set.template ?? spec.template).spec;
      return {
        base: `${job.slice(0, MAX_BASE - index.length - 2)}-${index}`,
        labels: { ...labels, [INDEX]: index },
        annotations: { [INDEX]: index },
        spec: {
          hostname: `${job}-${index}`,
          containers: containers.map(withIndex),
          ...(initContainers ? { initContainers: initContainers.map(withIndex) } : {}),
        },
      };
    },
    step(view) {
      const { sets, terminate } = replicaSetController.step(view);
      const leaving = ownPods(view.spec, view.pods).filter(
        (pod) => view.live.terminating[namespacedName(pod)] !== undefined,
      );
      const numbers = new Set(leaving.flatMap(({ owner }) => owner?.ordinal ?? []));
      return { sets: sets.map((set) => own(set, numbers)), terminate };
    },
  };
}
