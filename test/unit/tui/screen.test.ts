import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { CheckResult, LabEvent, StampedEvent } from "../../../src/events.ts";
import { makeBlueprint, titleOf } from "../../../src/tui/blueprint.ts";
import { detailLines } from "../../../src/tui/detail.ts";
import { changeRows, checkRows, packetRows, topologyRows } from "../../../src/tui/panes.ts";
import { rowText } from "../../../src/tui/row.ts";
import { applyEvent, countChecks, initialState } from "../../../src/tui/state.ts";
import type { TuiState } from "../../../src/tui/state.ts";
import { windowStart, wrapLines } from "../../../src/tui/wrap.ts";

const TEXT = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: small, title: Small, description: "What it shows." }
spec:
  cluster: { nodes: [node1] }
  checks:
    - { name: a answers, from: node1, tcp: "pod/a:80", expect: open, explain: Pods answer their node. }
---
apiVersion: v1
kind: Pod
metadata: { name: a }
spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
apiVersion: v1
kind: Pod
metadata: { name: b, namespace: shop }
spec: { containers: [{ name: c }] }
`;
const { lab } = loadLabText(TEXT, "small.yaml");
const source = { file: "small.yaml", line: 7, column: 7 };

function stateAfter(...events: readonly LabEvent[]): TuiState {
  const state = initialState();
  for (const event of events) applyEvent(state, { ...event, labName: "small", at: 0 } satisfies StampedEvent);
  return state;
}

const opened: LabEvent = { type: "lab", lab, driver: "netns", converging: false };

function result(status: CheckResult["status"], family?: "ipv4" | "ipv6"): LabEvent {
  return {
    type: "check-done",
    index: 0,
    result: {
      name: "a answers",
      kind: "tcp",
      source,
      status,
      family,
      expected: "pod/a:80 answers",
      got: status === "failed" ? "timeout" : "open",
      lastSeen: status === "failed" ? "node1 on cni0" : undefined,
      attempts: [{ label: "node1 → pod/a:80", ok: status === "passed", got: "x" }],
      ms: 12,
      expectedToFail: false,
    },
  };
}

test("topology: a node, its pods below it, then the rest; devices when opened", () => {
  const blueprint = makeBlueprint(lab);
  const closed = topologyRows(blueprint, new Set()).map(rowText);
  expect(closed.map((line) => line.trim().split(/ +/u)[1])).toEqual([
    "node1",
    "pod/a",
    "pod/shop/b",
    "underlay",
    "router",
    "internet",
  ]);
  const open = topologyRows(blueprint, new Set(["ns:node1"]))
    .map(rowText)
    .join("\n");
  expect(open).toContain("cni0 bridge  10.244.0.1/24");
  expect(open).toMatch(/veth[0-9a-f]{8} {2}port of cni0 {2}⇄ pod\/a:eth0/u);
});

test("a pod in another namespace than default keeps its namespace in the title", () => {
  expect([titleOf("default/a"), titleOf("shop/b"), titleOf("node1")]).toEqual(["pod/a", "pod/shop/b", "node1"]);
});

test("the detail of a device names its cause, its commands and what it is for", () => {
  const text = detailLines(stateAfter(opened), makeBlueprint(lab), "dev:node1:cni0")
    .map((line) => line.text)
    .join("\n");
  expect(text).toMatch(/because of small\.yaml:\d+:\d+ /u);
  expect(text).toContain("ip -n small.node1 link add");
  expect(text).toContain("A bridge: a switch inside the namespace");
  expect(text).not.toContain("flannel.1");
});

test("a check runs, fails in one family and is failed as a whole", () => {
  const state = stateAfter(
    opened,
    { type: "check-started", name: "a answers", kind: "tcp", index: 0 },
    result("passed", "ipv4"),
    result("failed", "ipv6"),
  );
  expect(countChecks(state)).toMatchObject({ failed: 1, passed: 0 });
  expect(checkRows(state).map(rowText).join()).toContain("✘ a answers");
  const text = detailLines(state, undefined, "check:a answers").map((line) => line.text);
  expect(text).toContain("last seen node1 on cni0");
  expect(text).toContain("Pods answer their node.");
});

test("a check that runs again forgets its old result", () => {
  const state = stateAfter(opened, result("failed"), {
    type: "check-started",
    name: "a answers",
    kind: "tcp",
    index: 0,
  });
  expect(state.checks[0]).toMatchObject({ status: "running", results: [] });
});

test("an operation that failed is shown with what the kernel said", () => {
  const cause = { object: "Pod default/a", reason: "its address" };
  const operation = { id: "create addr:default/a:eth0", action: "create", node: "node1" } as const;
  const failure = {
    operation: operation.id,
    command: "ip addr add",
    stderr: "RTNETLINK answers: File exists",
    cause: "",
  };
  const state = stateAfter(
    opened,
    { type: "operation", operation, cause, status: "started" },
    { type: "operation", operation, cause, status: "failed", failure },
    { type: "built", ms: 1, operations: 1, rolledBack: true, failures: [failure] },
  );
  expect(state.phase).toBe("failed");
  expect(changeRows(state, undefined).map(rowText)).toEqual([expect.stringContaining("✘ addr:default/a:eth0")]);
  const detail = detailLines(state, undefined, "change:create addr:default/a:eth0").map((line) => line.text);
  expect(detail).toContain("RTNETLINK answers: File exists");
});

test("packets: all, one capture's, one place's; the oldest are forgotten", () => {
  const packets = Array.from({ length: 2100 }, (_, i): LabEvent => ({
    type: "packet",
    packet: {
      capture: i % 2 === 0 ? "wire" : "pod",
      place: i % 2 === 0 ? "node1/eth0" : "pod/a/eth0",
      time: i,
      text: `n${i}`,
    },
  }));
  const state = stateAfter(opened, ...packets);
  expect(packetRows(state, {})).toHaveLength(2000);
  expect(packetRows(state, { capture: "wire" })).toHaveLength(1000);
  expect(packetRows(state, { place: "node1" })).toHaveLength(1000);
  expect(rowText(packetRows(state, {})[0] ?? { key: "", depth: 0, segments: [] })).toContain("n100");
});

test("long lines wrap at spaces, words without space are cut, nothing is wider than the pane", () => {
  const wrapped = wrapLines(
    [{ text: "one two three four" }, { text: "x".repeat(25) }, { text: "  indented words go on" }],
    12,
  );
  expect(wrapped.map((line) => line.text)).toEqual([
    "one two",
    "three four",
    "x".repeat(12),
    "x".repeat(12),
    "x",
    "  indented",
    "  words go",
    "  on",
  ]);
});

test("the window follows the selection and never leaves the list", () => {
  expect(windowStart(100, 10, 0, 50)).toBe(0);
  expect(windowStart(100, 10, 99, 0)).toBe(90);
  expect(windowStart(100, 10, 55, 50)).toBe(50);
  expect(windowStart(5, 10, 4, 3)).toBe(0);
});

test("a rollout is what goes on between the last operation and the checks", () => {
  const plan: LabEvent = { type: "plan", plan: { lab: "small", operations: [] }, afterwards: ["rollout of x"] };
  const built: LabEvent = { type: "built", ms: 1, operations: 0, rolledBack: false, failures: [] };
  expect(stateAfter(opened, plan, built)).toMatchObject({ phase: "rolling-out", afterwards: ["rollout of x"] });
  expect(stateAfter(opened, plan, built, { type: "changed", lab }).phase).toBe("checking");
  expect(stateAfter(opened, { ...plan, afterwards: undefined }, built).phase).toBe("checking");
});
