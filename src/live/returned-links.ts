/** What must be restored on a node whose link is back: when a device is set down, the kernel drops more than the link. */
import type { LiveState } from "../kube/workload/live-state.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";
import { labNodesDown } from "./rounds.ts";

/** The device whose link is watched. */
const UPLINK = "eth0";

/** What certainly still exists of `before` when the live state goes from `old` to `live`. */
export function stillThere(before: readonly Resource[], old: LiveState, live: LiveState): readonly Resource[] {
  const down = new Set(labNodesDown(live));
  const back = new Set(labNodesDown(old).filter((node) => !down.has(node)));
  return back.size === 0
    ? before
    : before.filter((one) => !(back.has(one.ns) && definitionOf(one).goesWithLink?.(one, UPLINK) === true));
}
