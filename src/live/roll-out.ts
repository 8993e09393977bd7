/** Lets workloads roll out until their pods are of the new template and ready, or until one makes no more progress. */
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, LabError } from "../errors.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { probeNeed } from "../kube/pod/probe-need.ts";
import { furthest, type RolloutStatus } from "./rollout-status.ts";
import { podText } from "../targets/parse-target.ts";
import { podWatches } from "../cluster/compile/watches.ts";
import { describeProbes } from "../resources/watch/describe.ts";
import type { LiveLab } from "./live-lab.ts";
import { workloadKey } from "../kube/workload/sets.ts";

/** Seconds without progress, where a workload does not say progressDeadlineSeconds. Kubernetes waits for 600. */
const DEADLINE = 60;
/** Milliseconds between two looks. */
const PAUSE = 100;

/** How far one is, and since when (performance.now()). */
interface Seen {
  readonly status: RolloutStatus;
  readonly since: number;
}

function gotFurther(before: RolloutStatus, now: RolloutStatus): boolean {
  return now.updated > before.updated || now.available > before.available || now.old < before.old;
}

/** Where the workload does not say: as long as its new pods' probes and minReadySeconds may take, and some time more. */
const seconds = ({ spec, unready }: RolloutStatus): number =>
  spec.progressDeadline ?? DEADLINE + (spec.minReady ?? 0) + Math.ceil(probeNeed(unready) / 1000);

function unreadyText(pod: PodModel): string {
  const probes = describeProbes(podWatches(pod)).map(([name, looks]) => `${name} (${looks})`);
  const why = probes.length === 0 ? "" : `: its ${probes.join(" or its ")} does not pass`;
  return `${podText(pod)} on ${pod.node} is not ready${why}`;
}

function stateText({ spec, replicas, updated, available, old, unready, waiting }: RolloutStatus): string {
  return [
    `${updated - waiting} of ${replicas} new pods are there, ${available} ${spec.minReady === undefined ? "ready" : "available"}`,
    ...unready.map(unreadyText),
    ...(waiting === 0
      ? []
      : [
          `${waiting} new ${waiting === 1 ? "pod is" : "pods are"} Pending: no node takes ${waiting === 1 ? "it" : "them"}`,
        ]),
    old === 0 ? "no old pod is left" : `${old} old ${old === 1 ? "pod stays" : "pods stay"}`,
  ].join("; ");
}

/** `why`: the message of `kubectl rollout status`. */
function rolloutError(stuck: readonly RolloutStatus[], why: (status: RolloutStatus) => string): LabError {
  const text = stuck.map((status) => {
    const { cluster, namespace, name } = status.spec;
    const where = [
      ...(namespace === "default" ? [] : [`namespace ${namespace}`]),
      ...(cluster === undefined ? [] : [`cluster ${cluster}`]),
    ];
    const inNamespace = where.length === 0 ? "" : ` in ${where.join(" of ")}`;
    return `${status.spec.kind.toLowerCase()} "${name}"${inNamespace} ${why(status)}: ${stateText(status)}`;
  });
  return new LabError("EROLLOUT", EXIT.checkFailed, text.join("\n"), {
    hint: "fix or revert the template and run up again; the rollout resumes if its pods become ready",
  });
}

/** The error at the deadline. Undefined when all are rolled out. */
export async function unfinished(live: LiveLab, keys: readonly string[]): Promise<LabError | undefined> {
  const waiting = (await live.rollouts(keys)).filter((status) => !status.complete);
  return waiting.length === 0 ? undefined : rolloutError(waiting, () => "was not rolled out in time");
}

/** Throws LabError when a rollout makes no more progress: the lab then stays as it is. `keys`: `Deployment default/web`. */
export async function rollOut(
  live: LiveLab,
  keys: readonly string[],
  purpose: string,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Map<string, Seen>();
  for (;;) {
    await live.settle(purpose, performance.now(), "idle");
    const now = performance.now();
    const waiting = (await live.rollouts(keys)).filter((status) => !status.complete);
    if (waiting.length === 0) return;
    const failed = waiting.filter((status) => {
      const before = seen.get(workloadKey(status.spec));
      const got = before === undefined || gotFurther(before.status, status);
      seen.set(workloadKey(status.spec), {
        status: before === undefined ? status : furthest(before.status, status),
        since: got ? now : before.since,
      });
      return !got && now - before.since > seconds(status) * 1000;
    });
    // Others may still make progress.
    if (failed.length === waiting.length)
      throw rolloutError(failed, (status) => `exceeded its progress deadline (${seconds(status)} s)`);
    await sleep(PAUSE, undefined, { signal });
  }
}
