/** What commands have changed in a running lab, in words: a comparison with the kernel does not show it as a difference. */
import { clusterPrefix } from "../../net/object-ref.ts";
import type { LiveState } from "./live-state.ts";

/** `Pod default/client is deleted`; empty: the lab is as its file says. */
export function liveChanges(live: LiveState, cluster?: string): readonly string[] {
  const { workloads, deleted, ready, labels, nodesDown, clusters = {} } = live;
  const prefix = clusterPrefix(cluster);
  const own = [
    ...deleted.map((object) => `${object} is deleted`),
    ...Object.entries(workloads).flatMap(([key, { replicas, restartedAt }]) => [
      ...(replicas === undefined ? [] : [`${key} is scaled to ${replicas}`]),
      ...(restartedAt === undefined ? [] : [`${key} was restarted`]),
    ]),
    ...Object.entries(ready).map(([pod, is]) => `Pod ${pod} is ${is ? "ready" : "not ready"} by hand`),
    ...Object.entries(labels).map(
      ([object, changed]) => `${object} has other labels (${Object.keys(changed).join(", ")})`,
    ),
    ...nodesDown.map((node) => `node ${node} is down`),
  ];
  return [
    ...own.map((text) => (prefix === "" ? text : `${cluster}: ${text}`)),
    ...Object.entries(clusters).flatMap(([name, other]) => liveChanges(other, name)),
  ];
}
