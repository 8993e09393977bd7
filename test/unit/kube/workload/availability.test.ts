/** minReadySeconds: a rolling update waits until new pods have been ready for so long. */
import { expect, test } from "vitest";
import { restart, scale, setReady } from "../../../../src/live/changes.ts";
import { pending } from "../../../../src/live/reconcile.ts";
import { LiveModel } from "../../live/live-model.ts";

const text = (spec = "minReadySeconds: 10,"): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [node1, node2] } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 2, ${spec} strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, ports: [ { containerPort: 80 } ] } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
`;

const left = (model: LiveModel): readonly string[] => pending(model.live, { specs: model.specs, pods: model.pods });

test("each new pod is waited for; it serves meanwhile", () => {
  const model = new LiveModel(text());
  const before = model.web();
  model.round(restart("deploy/web", "2026-01-01T00:00:00Z"));
  model.settle();
  const old = (): number => model.web().filter((name) => before.includes(name)).length;
  expect([model.web().length, old(), model.ready().length]).toEqual([3, 2, 3]);
  expect(left(model)).toEqual(["Deployment default/web: 0 of 2 new pods available"]);
  model.now += 9999;
  model.settle();
  expect(old()).toBe(2);
  model.now += 1;
  model.settle();
  expect([model.web().length, old()]).toEqual([3, 1]);
  expect(left(model)).toEqual(["Deployment default/web: 1 of 2 new pods available"]);
  model.now += 10_000;
  model.settle();
  expect([model.web().length, old()]).toEqual([2, 0]);
  expect(left(model)).toEqual([]);
  expect(model.live.warming).toEqual({});
  expect(Math.min(...model.serving)).toBe(2);
});

test("one that is not ready for a moment begins again", () => {
  const model = new LiveModel(text());
  const before = model.web();
  model.round(restart("deploy/web", "2026-01-01T00:00:00Z"));
  model.settle();
  const fresh = model.web().find((name) => !before.includes(name)) ?? "";
  model.now += 5000;
  model.round(setReady([`pod/${fresh}`], false));
  model.round(setReady([`pod/${fresh}`], undefined));
  model.settle();
  model.now += 9999;
  model.settle();
  expect(left(model)).toEqual(["Deployment default/web: 0 of 2 new pods available"]);
  model.now += 1;
  model.settle();
  expect(left(model)).toEqual(["Deployment default/web: 1 of 2 new pods available"]);
});

test("pods that the lab was built with have been ready for long; those added by scale are waited for", () => {
  const model = new LiveModel(text());
  expect(left(model)).toEqual([]);
  model.round(scale("deploy/web", 3));
  model.settle();
  expect(left(model)).toEqual(["Deployment default/web: 2 of 3 new pods available"]);
  model.now += 10_000;
  model.settle();
  expect(left(model)).toEqual([]);
});

test("without it nothing is remembered", () => {
  const model = new LiveModel(text(""));
  model.do(restart("deploy/web", "2026-01-01T00:00:00Z"));
  expect(model.live.warming).toBeUndefined();
});

test("an apply that takes it away waits no longer", () => {
  const model = new LiveModel(text());
  model.round(scale("deploy/web", 3));
  model.settle();
  model.up(text(""));
  model.settle();
  expect(model.live.warming).toEqual({});
  expect(left(model)).toEqual([]);
});
