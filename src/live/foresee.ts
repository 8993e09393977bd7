/** What the controllers will do, round by round, assuming that every new pod becomes ready at once and every old one finishes at once. Touches nothing. */
import { InputError } from "../errors.ts";
import type { LabInput } from "../load/input.ts";
import type { Lab } from "../lab/lab.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { reconcile } from "./reconcile.ts";
import { podKey } from "../kube/workload/replicas.ts";
import { workloadSpecs } from "../kube/workload/workload-spec.ts";
import { resolveLab } from "../load/resolve-lab.ts";
import { describePodChanges } from "./pod-changes.ts";

/** More rounds are not foreseen. */
const MOST = 1000;
/** Milliseconds from round to round: longer than any minReadySeconds of a lab. */
const STEP = 86_400_000;

const podsOf = (lab: Lab) => lab.cluster?.pods ?? [];

/** What each round does to the pods, one line each. `lab`: as it is when its files are applied, with `live`. */
export function foreseeRounds(input: LabInput, lab: Lab, live: LiveState): readonly (readonly string[])[] {
  const specs = workloadSpecs(input.manifests, lab.cluster?.nodes ?? []);
  const there = new Set(podsOf(lab).map(podKey));
  const rounds: (readonly string[])[] = [];
  let now = { lab, live };
  for (let i = 0; i < MOST; i++) {
    const pods = podsOf(now.lab);
    const fresh = pods.flatMap((pod) => (there.has(podKey(pod)) ? [] : [[podKey(pod), true] as const]));
    const ready = { ...now.live, probed: { ...now.live.probed, ...Object.fromEntries(fresh) } };
    const drained = new Set(Object.keys(ready.terminating));
    const next = reconcile(ready, { specs, pods, now: i * STEP, drained });
    if (next === ready && !pods.some((pod) => pod.starting === true)) return rounds;
    const running = { live: next, cluster: now.lab.cluster, gradual: true };
    const { lab: after, diagnostics } = resolveLab({ ...input, running });
    const mistakes = diagnostics.filter((one) => one.severity === "error");
    if (mistakes.length > 0) throw new InputError(mistakes);
    const lines = describePodChanges(pods, podsOf(after));
    if (lines.length > 0) rounds.push(lines);
    now = { lab: after, live: next };
  }
  return rounds;
}
