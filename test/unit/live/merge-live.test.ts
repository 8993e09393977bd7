import { expect, test } from "vitest";
import { deleteObjects, restart, scale } from "../../../src/live/changes.ts";
import { foreseeRounds } from "../../../src/live/foresee.ts";
import { describePodChanges } from "../../../src/live/pod-changes.ts";
import { rolloutStatus } from "../../../src/live/rollout-status.ts";
import { LiveModel } from "./live-model.ts";

interface Web {
  readonly spec?: string;
  readonly container?: string;
  readonly labels?: string;
  readonly selector?: string;
  readonly more?: string;
}

function lab({
  spec = "replicas: 3,",
  container = "",
  labels = "",
  selector = "app: web",
  more = "",
}: Web = {}): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [node1, node2] } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { ${spec} selector: { matchLabels: { ${selector} } }, template: { metadata: { labels: { app: web, ${labels} } }, spec: { containers: [ { name: web, ports: [ { name: http, containerPort: 80 } ], ${container} } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80, targetPort: http } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: alone }, spec: { nodeName: node1, containers: [ { name: c } ] } }
${more}`;
}
const SURGE = "strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },";
const second = 'env: [ { name: VERSION, value: "2" } ],';
/** Nothing tells in the model that it passes. */
const unready = "readinessProbe: { httpGet: { port: http } },";
const versions = (model: LiveModel): (string | undefined)[] =>
  model.pods.flatMap((pod) => (pod.owner === undefined ? [] : [pod.containers[0]?.env["VERSION"]]));

test("nothing follows from the same file", () => {
  const model = new LiveModel(lab());
  const names = model.web();
  expect(model.up(lab())).toBeUndefined();
  expect(model.web()).toEqual(names);
});

test("another template is rolled out: old pods keep their own while they live, and enough of both serve", () => {
  const model = new LiveModel(lab({ spec: `replicas: 3, ${SURGE}` }));
  const before = model.web();
  const way = model.up(lab({ spec: `replicas: 3, ${SURGE}`, container: second }));
  expect(model.web()).toEqual(before);
  expect(versions(model)).toEqual([undefined, undefined, undefined]);
  expect(way?.rollouts).toEqual(["Deployment default/web"]);
  expect(way?.texts).toEqual([
    expect.stringMatching(
      /^rollout of Deployment default\/web: web-\S+ → web-\S+, 3 pods \(RollingUpdate: at most 4, at least 3 of them ready\)$/,
    ),
  ]);
  const seen = new Set<string>();
  let most = 0;
  for (let i = 0; i < 50 && model.round(); i++) {
    seen.add(versions(model).join());
    most = Math.max(most, model.pods.filter((pod) => pod.owner !== undefined && pod.terminating !== true).length);
  }
  expect(seen).toContain(",,,2");
  expect(most).toBe(4);
  expect(Math.min(...model.serving)).toBe(3);
  expect(versions(model)).toEqual(["2", "2", "2"]);
  expect(model.web().filter((name) => before.includes(name))).toEqual([]);
  expect(JSON.stringify(model.live.workloads)).not.toContain("template");
});

test("a port that moves: endpoints of old and new pods have each their own number", () => {
  const model = new LiveModel(lab({ spec: `replicas: 2, ${SURGE}` }));
  model.up(lab({ spec: `replicas: 2, ${SURGE}` }).replace("containerPort: 80", "containerPort: 8080"));
  model.round();
  model.round();
  const slices = model.lab.clusters[0]?.slices.filter((slice) => slice.service === "web") ?? [];
  const ports = slices.flatMap((slice) => slice.endpoints.map(() => slice.ports[0]?.port));
  expect(ports.map(String).toSorted()).toEqual(["80", "80", "8080"]);
});

test("Recreate: the old ones are removed first", () => {
  const spec = "replicas: 2, strategy: { type: Recreate },";
  const model = new LiveModel(lab({ spec }));
  expect(model.up(lab({ spec, container: second }))?.texts[0]).toContain("(Recreate: the old ones are removed first)");
  const seen = new Set<string>();
  while (model.round()) seen.add(versions(model).join());
  for (const together of seen) expect(new Set(together.split(",")).size).toBe(1);
  expect(Math.min(...model.serving)).toBe(0);
  expect(versions(model)).toEqual(["2", "2"]);
});

test("new pods that do not get ready: the old ones stay, and the old file takes the new ones away again", () => {
  const spec = `replicas: 3, ${SURGE}`;
  const model = new LiveModel(lab({ spec }));
  const before = model.web();
  const way = model.up(lab({ spec, container: unready }));
  model.settle();
  expect(model.ready()).toHaveLength(3);
  expect(model.web()).toHaveLength(4);
  expect(model.web()).toEqual(expect.arrayContaining(before));
  const [web] = model.specs;
  const status = web === undefined ? undefined : rolloutStatus(web, model.live, model.pods);
  expect(status).toMatchObject({ replicas: 3, updated: 1, available: 0, old: 3, complete: false });
  expect(status?.unready.map((pod) => before.includes(pod.name))).toEqual([false]);
  // Once more the same: it goes on where it was.
  expect(model.up(lab({ spec, container: unready }))?.rollouts).toEqual(way?.rollouts);
  model.settle();
  expect(model.web()).toHaveLength(4);
  model.up(lab({ spec }));
  model.settle();
  expect(model.web().toSorted()).toEqual(before.toSorted());
  expect(Math.min(...model.serving)).toBe(3);
});

test("a third template while the second one is rolled out: all old pods keep theirs", () => {
  const spec = `replicas: 3, ${SURGE}`;
  const model = new LiveModel(lab({ spec }));
  model.up(lab({ spec, container: second }));
  for (let i = 0; i < 3; i++) model.round();
  expect(new Set(versions(model))).toEqual(new Set([undefined, "2"]));
  model.up(lab({ spec, container: 'env: [ { name: VERSION, value: "3" } ],' }));
  const now = versions(model);
  expect(now).not.toContain("3");
  expect(now).toContain("2");
  model.settle();
  expect(versions(model)).toEqual(["3", "3", "3"]);
  expect(Math.min(...model.serving)).toBe(3);
});

test("a rollout that was cut off continues; a pod that already terminates does not come back", () => {
  const spec = `replicas: 3, ${SURGE}`;
  const model = new LiveModel(lab({ spec }));
  model.up(lab({ spec, container: second }));
  for (let i = 0; i < 3; i++) model.round();
  const going = model.pods.filter((pod) => pod.terminating === true).map((pod) => pod.name);
  expect(going).toHaveLength(1);
  expect(model.up(lab({ spec, container: second }))?.rollouts).toHaveLength(1);
  expect(model.pods.filter((pod) => pod.terminating === true).map((pod) => pod.name)).toEqual(going);
  model.settle();
  expect(versions(model)).toEqual(["2", "2", "2"]);
});

test("replicas that the file gives win, those that it does not give stay; a restart stays", () => {
  for (const [spec, left] of [
    ["replicas: 2,", 2],
    ["", 3],
  ] as const) {
    const model = new LiveModel(lab({ spec }));
    model.do(scale("deploy/web", 3));
    model.do(restart("deploy/web", "2026-01-01T00:00:00Z"));
    const names = model.web();
    const scaling = { rollouts: [], texts: ["scaling of Deployment default/web: 3 → 2 pods"] };
    expect(model.up(lab({ spec }))).toEqual(left === 3 ? undefined : scaling);
    model.settle();
    expect(model.web()).toHaveLength(left);
    expect(names).toEqual(expect.arrayContaining(model.web()));
  }
});

test("another template and another number of replicas at once", () => {
  const model = new LiveModel(lab({ spec: `replicas: 2, ${SURGE}` }));
  model.up(lab({ spec: `replicas: 5, ${SURGE}`, container: second }));
  model.settle();
  expect(versions(model)).toEqual(["2", "2", "2", "2", "2"]);
  expect(Math.min(...model.serving)).toBe(2);
});

test("a paused Deployment is scaled but not rolled out until it is resumed", () => {
  const model = new LiveModel(lab());
  const before = model.web();
  expect(model.up(lab({ spec: "replicas: 3, paused: true,", container: second }))).toBeUndefined();
  model.settle();
  expect(model.web()).toEqual(before);
  model.up(lab({ spec: "replicas: 4, paused: true,", container: second }));
  model.settle();
  expect(versions(model)).toEqual([undefined, undefined, undefined, undefined]);
  expect(model.up(lab({ spec: "replicas: 4,", container: second }))?.rollouts).toHaveLength(1);
  model.settle();
  expect(versions(model)).toEqual(["2", "2", "2", "2"]);
});

test("another selector selects none of the old pods: they are recreated at once", () => {
  const model = new LiveModel(lab());
  const before = model.web();
  expect(model.up(lab({ selector: "tier: front", labels: "tier: front" }))).toBeUndefined();
  expect(model.web()).toHaveLength(3);
  expect(model.web().filter((name) => before.includes(name))).toEqual([]);
});

test("what else the file changes is there at once; a deleted Pod of the file comes back, one of a Deployment does not", () => {
  const model = new LiveModel(lab());
  const [first = ""] = model.web();
  model.round(deleteObjects([`pod/${first}`, "pod/alone"], 1));
  const more = `---\n{ apiVersion: v1, kind: Pod, metadata: { name: later }, spec: { containers: [ { name: c } ] } }\n`;
  model.up(lab({ container: second, more }));
  const there = (name: string) => model.pods.find((pod) => pod.name === name);
  expect(there("later")?.ready).toBe(true);
  expect(there("alone")?.terminating).toBeUndefined();
  expect(there(first)?.terminating).toBe(true);
  model.settle();
  expect(there(first)).toBeUndefined();
  expect(versions(model)).toEqual(["2", "2", "2"]);
});

test("what is foreseen of a rollout is what happens", () => {
  const spec = `replicas: 3, ${SURGE}`;
  const model = new LiveModel(lab({ spec }));
  model.up(lab({ spec: `replicas: 2, ${SURGE}`, container: second }));
  const foreseen = foreseeRounds(model.input, model.lab, model.live);
  const happened: (readonly string[])[] = [];
  for (;;) {
    const { lab } = model;
    if (!model.round()) break;
    happened.push(describePodChanges(lab.clusters[0]?.pods ?? [], model.lab.clusters[0]?.pods ?? []));
  }
  expect(foreseen.length).toBeGreaterThan(3);
  expect(foreseen).toEqual(happened);
  expect(foreseeRounds(model.input, model.lab, model.live)).toEqual([]);
});

test("back to a template whose pods are gone: these come under names that no pod had", () => {
  const model = new LiveModel(lab());
  const names = model.web();
  for (const container of [second, "", second, ""]) {
    model.up(lab({ container }));
    model.settle();
    names.push(...model.web());
  }
  expect(new Set(names).size).toBe(15);
});

test("a ReplicaSet makes new pods of another template, and leaves those that it has", () => {
  const set = (container: string, replicas: number) =>
    lab({ spec: `replicas: ${replicas},`, container }).replace("kind: Deployment", "kind: ReplicaSet");
  const model = new LiveModel(set("", 2));
  const before = model.web();
  expect(model.up(set(second, 2))).toBeUndefined();
  expect(model.web()).toEqual(before);
  expect(versions(model)).toEqual([undefined, undefined]);
  model.do(deleteObjects([`pod/${before[0]}`], 1));
  expect(versions(model)).toEqual([undefined, "2"]);
  model.up(set('env: [ { name: VERSION, value: "3" } ],', 3));
  model.settle();
  expect(versions(model)).toEqual([undefined, "2", "3"]);
  model.do(
    deleteObjects(
      before.slice(1).map((pod) => `pod/${pod}`),
      1,
    ),
  );
  model.up(set('env: [ { name: VERSION, value: "3" } ],', 3));
  expect(versions(model)).toEqual(["2", "3", "3"]);
});

test("ports of the node: a new pod waits until an old one has gone, and for ever where none may go", () => {
  const joinHostPort = (spec: string, container = "") =>
    lab({ spec, container }).replace("containerPort: 80", "containerPort: 80, hostPort: 8088");
  const model = new LiveModel(joinHostPort(`replicas: 2, ${SURGE}`));
  const before = model.web();
  model.up(joinHostPort(`replicas: 2, ${SURGE}`, second));
  model.settle();
  expect(model.web()).toEqual(before);
  const [web] = model.specs;
  const status = web === undefined ? undefined : rolloutStatus(web, model.live, model.pods);
  expect(status).toMatchObject({ updated: 1, waiting: 1, available: 0, old: 2, complete: false });
  const room = "replicas: 2, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },";
  model.up(joinHostPort(room, second));
  model.settle();
  expect(versions(model)).toEqual(["2", "2"]);
  expect(new Set(model.pods.flatMap((pod) => (pod.owner === undefined ? [] : [pod.node])))).toHaveLength(2);
  expect(Math.min(...model.serving)).toBe(1);
  // One more than there are nodes: it waits, and is the first to go.
  const two = model.web();
  model.round(scale("deploy/web", 3));
  model.settle();
  expect(model.web()).toEqual(two);
  model.do(scale("deploy/web", 2));
  expect(model.web()).toEqual(two);
});

test("progressDeadlineSeconds must be a number as the API server takes it", () => {
  expect(() => new LiveModel(lab({ spec: "progressDeadlineSeconds: soon," }))).toThrow("progressDeadlineSeconds");
  expect(() => new LiveModel(lab({ spec: "progressDeadlineSeconds: -1," }))).toThrow(
    "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
  );
  expect(() => new LiveModel(lab({ spec: "progressDeadlineSeconds: 0," }))).toThrow(
    "spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds",
  );
  expect(new LiveModel(lab({ spec: "progressDeadlineSeconds: 7," })).specs[0]?.progressDeadline).toBe(7);
  expect(() => new LiveModel(lab({ spec: "progressDeadlineSeconds: 7, minReadySeconds: 7," }))).toThrow(
    "spec.progressDeadlineSeconds: Invalid value: 7: must be greater than minReadySeconds",
  );
  expect(() => new LiveModel(lab({ spec: "minReadySeconds: 600," }))).toThrow("must be greater than minReadySeconds");
  expect(() => new LiveModel(lab({ spec: "minReadySeconds: -1," }))).toThrow(
    "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
  );
  expect(new LiveModel(lab({ spec: "minReadySeconds: 7," })).specs[0]?.minReady).toBe(7);
  expect(() => new LiveModel(lab({ spec: "revisionHistoryLimit: -1," }))).toThrow(
    "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
  );
  expect(() => new LiveModel(lab({ spec: 'paused: "no",' }))).toThrow("spec.paused");
});

test.each(["", "dns: false"])("a cluster keeps its own Services when the last Service is deleted (%s)", (dns) => {
  const model = new LiveModel(lab().replace("nodes: [node1, node2]", `nodes: [node1, node2], ${dns}`));
  const own = (): string[] =>
    (model.lab.clusters[0]?.services ?? []).map((one) => one.name).filter((it) => it !== "web");
  const before = own();
  expect(before).toEqual(dns === "" ? ["kubernetes", "kube-dns"] : ["kubernetes"]);
  model.do(deleteObjects(["svc/web"], 1));
  expect(own()).toEqual(before);
  expect(model.lab.clusters[0]?.dns.enabled).toBe(dns === "");
});
