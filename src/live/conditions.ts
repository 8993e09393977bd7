/** What the agent has seen of pods and nodes, as a part of the live state. */
import type { Condition } from "../services/watch/protocol.ts";
import type { LiveState } from "../kube/workload/live-state.ts";

function bySubject(conditions: readonly Condition[], kind: "pod" | "node"): ReadonlyMap<string, readonly Condition[]> {
  const those = conditions.filter(({ subject }) => subject.kind === kind);
  return Map.groupBy(those, ({ subject }) => subject.name);
}

/** The result of several probes; undefined while it is not known. */
function verdict(conditions: readonly Condition[]): boolean | undefined {
  if (conditions.some((one) => one.decided && !one.ok)) return false;
  return conditions.every((one) => one.decided) ? true : undefined;
}

/** The identical state when nothing is new; the last result stays while nothing is decided. */
export function withConditions(live: LiveState, conditions: readonly Condition[]): LiveState {
  const probed: Record<string, boolean> = { ...live.probed };
  for (const [pod, all] of bySubject(conditions, "pod")) {
    const ready = verdict(all);
    if (ready !== undefined && ready !== (probed[pod] ?? false)) probed[pod] = ready;
  }
  const nodes = bySubject(conditions, "node");
  const down = new Set(live.nodesDown.filter((node) => nodes.has(node)));
  for (const [node, all] of nodes) {
    const up = verdict(all);
    if (up === true) down.delete(node);
    if (up === false) down.add(node);
  }
  const nodesDown = [...down].toSorted();
  const same =
    nodesDown.join() === live.nodesDown.join() &&
    Object.entries(probed).every(([pod, ready]) => live.probed[pod] === ready);
  return same ? live : { ...live, probed, nodesDown };
}

/** Every watch has reported, and all reports are in the live state. */
export function isActedUpon(live: LiveState, conditions: readonly Condition[]): boolean {
  return conditions.every((one) => one.decided) && withConditions(live, conditions) === live;
}
