/** What the controllers will do, round by round, assuming that every new pod becomes ready at once and every old one finishes at once. Touches nothing. */
import type { LabInput } from "../load/input.ts";
import type { Lab } from "../lab/lab.ts";
import { liveOf, withLiveOf, type LiveState } from "../kube/workload/live-state.ts";
import { labSpecs, labTerminating, reconcileLab } from "./rounds.ts";
import { labPods } from "../cluster/lab-clusters.ts";
import { namespacedName, objectKey } from "../net/object-ref.ts";
import { resolveValid } from "../load/resolve-lab.ts";
import { describePodChanges } from "./pod-changes.ts";

/** More rounds are not foreseen. */
const MOST = 1000;
/** Milliseconds from round to round: longer than any minReadySeconds of a lab. */
const STEP = 86_400_000;

/** What each round does to the pods, one line each. `lab`: as it is when its files are applied, with `live`. */
export function foreseeRounds(input: LabInput, lab: Lab, live: LiveState): readonly (readonly string[])[] {
  const specs = labSpecs(input.manifests, lab);
  const there = new Set(labPods(lab).map(objectKey));
  const rounds: (readonly string[])[] = [];
  let now = { lab, live };
  for (let i = 0; i < MOST; i++) {
    const pods = labPods(now.lab);
    const ready = now.lab.clusters.reduce((live, { name, pods: own }) => {
      const fresh = own.flatMap((pod) => (there.has(objectKey(pod)) ? [] : [[namespacedName(pod), true] as const]));
      const before = liveOf(live, name);
      return withLiveOf(live, name, { ...before, probed: { ...before.probed, ...Object.fromEntries(fresh) } });
    }, now.live);
    const drained = new Set(labTerminating(ready).keys());
    const next = reconcileLab(ready, { lab: now.lab, specs, now: i * STEP, drained });
    if (next === ready && !pods.some((pod) => pod.starting === true)) return rounds;
    const running = { live: next, clusters: now.lab.clusters, gradual: true };
    const after = resolveValid({ ...input, running });
    const lines = describePodChanges(pods, labPods(after));
    if (lines.length > 0) rounds.push(lines);
    now = { lab: after, live: next };
  }
  return rounds;
}
