import { expect, test } from "vitest";
import { InputError } from "../../../src/errors.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { Step } from "../../../src/lab/step.ts";

const lab = (steps: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: steps }
spec:
  cluster: { nodes: [node1] }
  steps:
${steps}
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 2, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, ports: [ { containerPort: 80 } ] } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { containers: [ { name: c } ] } }
`;

const steps = (text: string): readonly Step[] => loadLabText(lab(text), "lab.yaml").lab.steps ?? [];

function mistakes(text: string): string[] {
  try {
    loadLabText(lab(text), "lab.yaml");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(({ message, source }) => `${source?.line}: ${message}`);
  }
  return [];
}

test("each action, with its load and its checks", () => {
  const found = steps(`
    - { name: a, scale: { target: deploy/web, replicas: 5 }, within: 5s, while: { from: pod/client, http: "http://web/x", lost: 2 } }
    - { name: b, rollout: deployment/web }
    - { name: c, delete: "deploy/web#4" }
    - { name: d, ready: { target: pod/client, value: false } }
    - { name: e, label: { target: ns/default, labels: { team: a, old: null } } }
    - { name: f, run: { in: node1, command: [ip, link] }, checks: [ { name: x, from: pod/client, ping: node1 } ] }
    - { name: g, checks: [ { name: x, from: pod/client, ping: node1 } ] }`);
  expect(found.map(({ action }) => action)).toEqual([
    { kind: "scale", target: "deploy/web", replicas: 5 },
    { kind: "rollout", target: "deployment/web" },
    { kind: "delete", targets: ["deploy/web#4"] },
    { kind: "ready", target: "pod/client", value: false },
    { kind: "label", target: "ns/default", labels: { team: "a", old: null } },
    { kind: "run", target: "node1", argv: ["ip", "link"] },
    undefined,
  ]);
  expect(found[0]?.within).toBe(5000);
  expect(found[0]?.load).toMatchObject({ lost: 2, request: { kind: "http", port: 80, path: "/x" } });
  expect(found.flatMap((step) => step.checks.map((check) => check.name))).toEqual(["f: x", "g: x"]);
});

test("mistakes stand where they are, with names that come near", () => {
  expect(
    mistakes(`
    - { name: a, scale: { target: deploy/wep, replicas: 5 } }
    - { name: a, rollout: pod/client }
    - { name: c, delete: deploy/web }
    - { name: d, delete: node1 }
    - { name: e, rollout: deploy/web, while: { from: pod/nobody, http: "http://web/" } }
    - { name: f, rollout: deploy/web, while: { from: pod/client } }
    - { name: g, label: { target: ns/prod, labels: { a: b } } }`),
  ).toEqual([
    '8: there is no "deploy/wep"',
    '9: duplicate step "a"',
    '9: there is no "pod/client"',
    '10: "deploy/web" has 2 pods',
    '11: "node1" is not a pod',
    '12: there is no pod "nobody"',
    "13: requests must be of one kind",
    '14: there is no namespace "prod"',
  ]);
});

test("an unknown action is an error that lists the known ones", () => {
  expect(mistakes("    - { name: a, scael: { target: deploy/web, replicas: 5 } }").join("\n")).toContain("scael");
});
