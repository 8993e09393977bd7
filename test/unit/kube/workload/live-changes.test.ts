import { expect, test } from "vitest";
import { liveChanges } from "../../../../src/kube/workload/live-changes.ts";
import { UNTOUCHED } from "../../../../src/kube/workload/live-state.ts";

test("an untouched lab has none, also with the pods that its controllers have made", () => {
  const sets = [{ hash: "a", replicas: 2, ordinals: [0, 1] }] as never;
  expect(liveChanges({ ...UNTOUCHED, workloads: { "Deployment default/web": { sets } } })).toEqual([]);
});

test("each change by a command, of each cluster", () => {
  const live = {
    ...UNTOUCHED,
    deleted: ["Pod default/client"],
    workloads: { "Deployment default/web": { replicas: 3, sets: [] } },
    ready: { "default/db": false },
    labels: { "Pod default/db": { tier: null } },
    clusters: { west: { ...UNTOUCHED, nodesDown: ["node1"] } },
  };
  expect(liveChanges(live)).toEqual([
    "Pod default/client is deleted",
    "Deployment default/web is scaled to 3",
    "Pod default/db is not ready by hand",
    "Pod default/db has other labels (tier)",
    "west: node node1 is down",
  ]);
});
