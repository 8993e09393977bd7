import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { probeNeed } from "../../../../src/kube/pod/probe-need.ts";
import { cluster, CLUSTER } from "../service/service-lab.ts";

const withProbes = (probes: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { containers: [ { name: c, ${probes} } ] } }`;

test.each([
  ["startupProbe: { tcpSocket: { port: 80 }, periodSeconds: 10, failureThreshold: 30 }", 291],
  ["startupProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 3 }, readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 }", 13],
  ["startupProbe: { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 1 }, readinessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 30, periodSeconds: 1 }", 33],
])("{ %s } has said something after %i seconds", (probes, seconds) => {
  expect(probeNeed(cluster(CLUSTER, withProbes(probes)).pods.slice(0, 1))).toBe(seconds * 1000);
}); // prettier-ignore

const pod = (probe: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { containers: [ { name: c${probe === "" ? "" : `, readinessProbe: { tcpSocket: { port: 80 }, ${probe} }`} } ] } }`;

test.each([
  ["", 0],
  ["periodSeconds: 10", 21],
  ["initialDelaySeconds: 20, periodSeconds: 15", 51],
  ["initialDelaySeconds: 5, periodSeconds: 1, timeoutSeconds: 4, failureThreshold: 2", 13],
  ["periodSeconds: 5, successThreshold: 4, failureThreshold: 1", 16],
])("probe { %s } has said something after %i seconds", (probe, seconds) => {
  const [first] = cluster(CLUSTER, pod(probe)).pods;
  expect(probeNeed(first === undefined ? [] : [first])).toBe(seconds * 1000);
});

test("a step waits as long as the probes need, unless it says how long", () => {
  const text = (within: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: x }
spec: { cluster: { nodes: [node1], dns: false }, steps: [ { name: again, delete: pod/p${within} } ] }
---
${pod("initialDelaySeconds: 90, periodSeconds: 10")}`;
  const within = (more: string) => loadLabText(text(more), "lab.yaml").lab.steps?.[0]?.within;
  expect(within("")).toBe(60_000 + 111_000);
  expect(within(", within: 30s")).toBe(30_000);
});
