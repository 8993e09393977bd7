/** DaemonSets in a running lab. Each line: the pods by node after a round, `!` terminating, `-` not ready, with their template's version. */
import { expect, test } from "vitest";
import { deleteObjects, restart, scale } from "../../../../src/live/changes.ts";
import { LiveModel } from "../../live/live-model.ts";

const text = (
  spec: string,
  version = "",
  nodes = "node1, node2, node3",
  more = "",
): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: live }
spec: { cluster: { nodes: [${nodes}] } }
---
{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: agent }, spec: { ${spec} selector: { matchLabels: { app: agent } }, template: { metadata: { labels: { app: agent } }, spec: { ${more} containers: [ { name: agent, ports: [ { containerPort: 80 } ], env: [ { name: V, value: "${version}" } ] } ] } } } }
`;

const line = (model: LiveModel): string =>
  model.pods
    .map((pod) => {
      const state = pod.terminating === true ? "!" : pod.ready ? "" : "-";
      return `${pod.node.slice(4)}${pod.containers[0]?.env["V"] ?? ""}${state}`;
    })
    .toSorted()
    .join(" ");

function rounds(model: LiveModel): string[] {
  const lines = [line(model)];
  for (let i = 0; i < 50 && model.round(); i++) if (lines.at(-1) !== line(model)) lines.push(line(model));
  return lines;
}

test("a deleted pod is replaced on its node, under another name", () => {
  const model = new LiveModel(text(""));
  const before = new Set(model.pods.map(({ name }) => name));
  model.round(deleteObjects(["ds/agent#2"], 1));
  expect(rounds(model)).toEqual(["1 2! 3", "1 2- 3", "1 2 3"]);
  expect(model.pods.filter(({ name }) => before.has(name))).toHaveLength(2);
});

test("another template: node by node, pod-template-generation counts", () => {
  const model = new LiveModel(text("", "a"));
  const way = model.up(text("", "b"));
  expect(way?.texts[0]).toMatch(
    /^rollout of DaemonSet default\/agent: .*3 pods \(RollingUpdate: at most 1 unavailable\)$/,
  );
  expect(rounds(model).slice(0, 4)).toEqual(["1a 2a 3a", "1a! 2a 3a", "1b- 2a 3a", "1b 2a 3a"]);
  expect(line(model)).toBe("1b 2b 3b");
  expect(model.pods.map(({ labels }) => labels["pod-template-generation"])).toEqual(["2", "2", "2"]);
  expect(JSON.stringify(model.live.workloads)).not.toContain('"template"');
});

test("maxUnavailable in parts is rounded up; maxSurge has two on a node for a while", () => {
  const half = "updateStrategy: { rollingUpdate: { maxUnavailable: 50% } },";
  const model = new LiveModel(text(half, "a"));
  model.up(text(half, "b"));
  expect(rounds(model).slice(0, 3)).toEqual(["1a 2a 3a", "1a! 2a! 3a", "1b- 2b- 3a"]);
  const surge = "updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },";
  model.up(text(surge, "c"));
  const seen = rounds(model);
  expect(seen.slice(0, 4)).toEqual(["1b 2b 3b", "1b 1c- 2b 3b", "1b 1c 2b 3b", "1b! 1c 2b 2c- 3b"]);
  expect(seen.at(-1)).toBe("1c 2c 3c");
  for (const one of seen) for (const node of ["1", "2", "3"]) expect(one).toMatch(new RegExp(`${node}[bc](?![-!])`));
});

test("OnDelete, and restart", () => {
  const spec = "updateStrategy: { type: OnDelete },";
  const model = new LiveModel(text(spec, "a"));
  model.up(text(spec, "b"));
  model.settle();
  expect(line(model)).toBe("1a 2a 3a");
  model.do(deleteObjects(["ds/agent#1"], 1));
  expect(line(model)).toBe("1b 2a 3a");
  const rolling = new LiveModel(text(""));
  const before = new Set(rolling.pods.map(({ name }) => name));
  rolling.do(restart("ds/agent", "2026-01-01T00:00:00Z"));
  expect(rolling.pods.filter(({ name }) => before.has(name))).toEqual([]);
  expect(() => scale("ds/agent", 2)(rolling.live, rolling.world)).toThrow(
    'daemonsets "agent" scaling is not supported',
  );
});

test("a node that comes gets one, a node that goes takes its own with it", () => {
  const model = new LiveModel(text("", "", "node1, node2"));
  model.up(text("", "", "node1, node2, node3"));
  expect(rounds(model)).toEqual(["1 2", "1 2 3-", "1 2 3"]);
  model.up(text("", "", "node1, node3"));
  model.settle();
  expect(line(model)).toBe("1 3");
});
