/** StatefulSets in a running lab: order, partitions, names that last. Each line: the pods after a round, `!` terminating, `-` not ready, `v2` of the second template. */
import { expect, test } from "vitest";
import { deleteObjects, restart, scale } from "../../../../src/live/changes.ts";
import { rolloutStatus } from "../../../../src/live/rollout-status.ts";
import { LiveModel } from "../../live/live-model.ts";

const text = (spec: string, version = "", container = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [node1, node2] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: db }, spec: { clusterIP: None, selector: { app: db }, ports: [ { port: 80 } ] } }
---
{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: db }, spec: { serviceName: db, ${spec} selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } }, spec: { containers: [ { name: db, ports: [ { containerPort: 80 } ], env: [ { name: V, value: "${version}" } ], ${container} } ] } } } }
`;
const UNREADY = "readinessProbe: { httpGet: { port: 80 } }";

const line = (model: LiveModel): string =>
  model.pods
    .map((pod) => {
      const state = pod.terminating === true ? "!" : pod.ready ? "" : "-";
      return `${pod.name.slice(3)}${pod.containers[0]?.env["V"] ?? ""}${state}`;
    })
    .toSorted()
    .join(" ");

function rounds(model: LiveModel): string[] {
  const lines = [line(model)];
  for (let i = 0; i < 50 && model.round(); i++) if (lines.at(-1) !== line(model)) lines.push(line(model));
  return lines;
}

test("scaling up makes one after the other, scaling down takes the last one first", () => {
  const model = new LiveModel(text("replicas: 1,"));
  model.round(scale("sts/db", 3));
  expect(rounds(model)).toEqual(["0 1-", "0 1", "0 1 2-", "0 1 2"]);
  model.round(scale("sts/db", 1));
  expect(rounds(model)).toEqual(["0 1 2!", "0 1", "0 1!", "0"]);
});

test("Parallel waits for none", () => {
  const model = new LiveModel(text("replicas: 1, podManagementPolicy: Parallel,"));
  model.round(scale("statefulset/default/db", 3));
  expect(rounds(model)).toEqual(["0 1- 2-", "0 1 2"]);
  model.round(scale("sts/db", 1));
  expect(rounds(model)).toEqual(["0 1! 2!", "0"]);
});

test("ordinals start where the manifest says", () => {
  const model = new LiveModel(text("replicas: 2, ordinals: { start: 5 },"));
  model.round(scale("sts/db", 3));
  expect(rounds(model)).toEqual(["5 6 7-", "5 6 7"]);
  model.up(text("replicas: 2, ordinals: { start: 6 },"));
  expect(rounds(model).at(-1)).toBe("6 7");
});

test("a deleted pod comes back under its name", () => {
  const model = new LiveModel(text("replicas: 3,"));
  model.round(deleteObjects(["pod/db-1"], 1));
  expect(rounds(model)).toEqual(["0 1! 2", "0 2", "0 1- 2", "0 1 2"]);
  expect(model.pods.find(({ name }) => name === "db-1")?.owner).toMatchObject({ kind: "StatefulSet", ordinal: 1 });
});

test("another template: from the last one down, each is available before the next goes", () => {
  const model = new LiveModel(text("replicas: 3,", "v1"));
  const way = model.up(text("replicas: 3,", "v2"));
  expect(way?.texts).toEqual([
    expect.stringMatching(
      /^rollout of StatefulSet default\/db: db-\S+ → db-\S+, 3 pods \(RollingUpdate: one at a time from the last\)$/,
    ),
  ]);
  expect(rounds(model).slice(0, 8)).toEqual([
    "0v1 1v1 2v1",
    "0v1 1v1 2v1!",
    "0v1 1v1",
    "0v1 1v1 2v2-",
    "0v1 1v1 2v2",
    "0v1 1v1! 2v2",
    "0v1 2v2",
    "0v1 1v2- 2v2",
  ]);
  expect(line(model)).toBe("0v2 1v2 2v2");
  const revisions = new Set(model.pods.map(({ labels }) => labels["controller-revision-hash"]));
  expect(revisions.size).toBe(1);
});

test("a partition: pods below it keep their template, also when they are deleted", () => {
  const spec = "replicas: 4, updateStrategy: { rollingUpdate: { partition: 2 } },";
  const model = new LiveModel(text(spec, "v1"));
  model.up(text(spec, "v2"));
  model.settle();
  expect(line(model)).toBe("0v1 1v1 2v2 3v2");
  model.do(deleteObjects(["pod/db-0", "pod/db-3"], 1));
  expect(line(model)).toBe("0v1 1v1 2v2 3v2");
  const [web] = model.specs;
  expect(web && rolloutStatus(web, model.live, model.pods)).toMatchObject({ updated: 2, old: 0, complete: true });
  // Once lower, the rest follows.
  model.up(text("replicas: 4, updateStrategy: { rollingUpdate: { partition: 1 } },", "v2"));
  model.settle();
  expect(line(model)).toBe("0v1 1v2 2v2 3v2");
  model.up(text("replicas: 4,", "v2"));
  model.settle();
  expect(line(model)).toBe("0v2 1v2 2v2 3v2");
  expect(model.live.workloads["StatefulSet default/db"]).not.toHaveProperty("current");
  expect(JSON.stringify(model.live.workloads)).not.toContain("template");
});

test("back to the first template: only pods of the second go", () => {
  const spec = "replicas: 3, updateStrategy: { rollingUpdate: { partition: 1 } },";
  const model = new LiveModel(text(spec, "v1"));
  model.up(text(spec, "v2"));
  model.settle();
  model.up(text(spec, "v1"));
  const seen = rounds(model);
  expect(seen.at(-1)).toBe("0v1 1v1 2v1");
  expect(seen.some((one) => one.includes("0v1!"))).toBe(false);
});

test("OnDelete: a pod is of the new template once it was deleted", () => {
  const spec = "replicas: 2, updateStrategy: { type: OnDelete },";
  const model = new LiveModel(text(spec, "v1"));
  expect(model.up(text(spec, "v2"))?.rollouts ?? []).toEqual([]);
  model.settle();
  expect(line(model)).toBe("0v1 1v1");
  model.do(deleteObjects(["sts/db#1"], 1));
  expect(line(model)).toBe("0v2 1v1");
});

test("maxUnavailable: so many at once", () => {
  const spec =
    "replicas: 4, podManagementPolicy: Parallel, updateStrategy: { rollingUpdate: { maxUnavailable: 50% } },";
  const model = new LiveModel(text(spec, "v1"));
  model.up(text(spec, "v2"));
  expect(rounds(model).slice(0, 4)).toEqual(["0v1 1v1 2v1 3v1", "0v1 1v1 2v1! 3v1!", "0v1 1v1", "0v1 1v1 2v2- 3v2-"]);
  expect(line(model)).toBe("0v2 1v2 2v2 3v2");
});

test("a new pod that does not get ready holds the others", () => {
  const model = new LiveModel(text("replicas: 3,", "v1"));
  model.up(text("replicas: 3,", "v2", UNREADY));
  model.settle();
  expect(line(model)).toBe("0v1 1v1 2v2-");
  const [web] = model.specs;
  expect(web && rolloutStatus(web, model.live, model.pods)).toMatchObject({
    updated: 1,
    available: 0,
    old: 2,
    complete: false,
  });
});

test("restart: all of them, with names and order kept", () => {
  const model = new LiveModel(text("replicas: 2,"));
  const before = model.pods[0]?.labels["controller-revision-hash"];
  model.do(restart("sts/db", "2026-01-01T00:00:00Z"));
  expect(model.pods.map(({ name }) => name).toSorted()).toEqual(["db-0", "db-1"]);
  expect(model.pods.map(({ labels }) => labels["controller-revision-hash"])).not.toContain(before);
});
