import { expect, test } from "vitest";
import { deleteObjects, scale, setLabels, setReady } from "../../../src/live/changes.ts";
import type { Change } from "../../../src/live/live-lab.ts";
import { mergeLab } from "../../../src/live/merge-live.ts";
import { labSpecs, labTerminating, reconcileLab, withLabConditions } from "../../../src/live/rounds.ts";
import { UNTOUCHED } from "../../../src/kube/workload/live-state.ts";
import type { LiveState } from "../../../src/kube/workload/live-state.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { resolveLab } from "../../../src/load/resolve-lab.ts";

const web = (cluster: string): string =>
  `---\n{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web, annotations: { k8snet-lab/cluster: ${cluster} } }, spec: { replicas: 1, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web } ] } } } }\n`;
const { lab, input } = loadLabText(
  `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: two }
spec: { clusters: { east: { nodes: [node1] }, west: { nodes: [node1, node2] } } }
${web("east")}${web("west")}`,
  "lab.yaml",
);
const specs = labSpecs(input.manifests, lab);

/** Until nothing is left to do. */
function after(change: Change): { live: LiveState; pods: readonly (readonly string[])[] } {
  let live = change(UNTOUCHED, { lab, input, specs });
  let now = lab;
  for (let i = 0; i < 20; i++) {
    const drained = new Set(labTerminating(live).keys());
    const next = reconcileLab(live, { lab: now, specs, now: 1, drained });
    const running = { live: next, clusters: now.clusters, gradual: false };
    now = resolveLab({ ...input, running }).lab;
    if (next === live) break;
    live = next;
  }
  return { live, pods: now.clusters.map((cluster) => cluster.pods.map(({ node }) => node)) };
}

test("scaling concerns one cluster, whose pods stay where they are", () => {
  const { live, pods } = after(scale("west.deploy/web", 2));
  expect(pods).toEqual([["east.node1"], ["west.node1", "west.node2"]]);
  expect(Object.keys(live.workloads)).toEqual([]);
  expect(Object.keys(live.clusters?.["west"]?.workloads ?? {})).toEqual(["Deployment default/web"]);
});

test("a workload that two clusters have is refused with the choices", () => {
  expect(() => after(scale("deploy/web", 2))).toThrow('"deploy/web" is in 2 clusters');
});

test("a deleted pod is made again in its cluster, readiness and labels are its own", () => {
  const [name = ""] = lab.clusters[1]?.pods.map((one) => one.name) ?? [];
  const { pods } = after(deleteObjects([`west.pod/${name}`], 1));
  expect(pods.map((one) => one.length)).toEqual([1, 1]);
  const world = { lab, input, specs };
  const ready = setReady([`west.pod/${name}`], false)(UNTOUCHED, world);
  expect(ready).toMatchObject({ ready: {}, clusters: { west: { ready: { [`default/${name}`]: false } } } });
  const labelled = setLabels("west.ns/default", { team: "a" }, false)(UNTOUCHED, world);
  expect(labelled.clusters?.["west"]?.labels).toEqual({ "Namespace default": { team: "a" } });
});

test("what the agent sees of a node or pod concerns its cluster", () => {
  const condition = { subject: { kind: "node", name: "west.node2" }, ok: false, decided: true } as const;
  const live = withLabConditions(UNTOUCHED, [{ ...condition, name: "link eth0", ns: "west.node2" } as never], lab);
  expect(live).toMatchObject({ nodesDown: [], clusters: { west: { nodesDown: ["node2"] } } });
});

test("a cluster that the file no longer has is forgotten", () => {
  const { live } = after(scale("west.deploy/web", 2));
  const [east] = lab.clusters;
  if (east === undefined) throw new Error("no cluster");
  const before = { manifests: input.manifests, clusters: lab.clusters };
  expect(mergeLab(live, input.manifests, before, { clusters: [east] }).clusters?.["west"]).toBeUndefined();
});
