/** What a round has done to the pods, as text. */
import type { PodModel } from "../kube/pod/pod-model.ts";
import { objectKey } from "../net/object-ref.ts";
import { podText } from "../targets/parse-target.ts";

function place(pod: PodModel): string {
  const addresses = Object.values(pod.address);
  return `on ${pod.node}${addresses.length === 0 ? "" : ` (${addresses.join(", ")})`}`;
}

function changeOf(before: PodModel | undefined, after: PodModel | undefined): string | undefined {
  if (after === undefined) return before === undefined ? undefined : `${podText(before)} is gone`;
  const text = podText(after);
  if (before === undefined) return `${text} is started ${place(after)}`;
  if (after.terminating === true && before.terminating !== true) return `${text} terminates`;
  if (after.ready !== before.ready) return `${text} is ${after.ready ? "ready" : "not ready"}`;
  const labels = (pod: PodModel): string =>
    Object.entries(pod.labels)
      .map(([key, value]) => `${key}=${value}`)
      .toSorted()
      .join(",");
  return labels(after) === labels(before) ? undefined : `${text} has labels ${labels(after)}`;
}

/** One line for each pod that was added, removed, became ready or not, or changed labels. */
export function describePodChanges(before: readonly PodModel[], after: readonly PodModel[]): readonly string[] {
  const old = new Map(before.map((pod) => [objectKey(pod), pod]));
  const now = new Map(after.map((pod) => [objectKey(pod), pod]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => changeOf(old.get(key), now.get(key)) ?? []);
}
