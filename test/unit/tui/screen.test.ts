import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { CheckResult, LabEvent, StampedEvent } from "../../../src/events.ts";
import { formatNamespace } from "../../../src/net/place.ts";
import { makeBlueprint } from "../../../src/tui/blueprint.ts";
import { detailLines } from "../../../src/tui/detail.ts";
import { openableKeys, changeRows, checkRows, packetRows, topologyRows } from "../../../src/tui/panes.ts";
import { rowText } from "../../../src/tui/row.ts";
import { applyEvent, countChecks, initialState } from "../../../src/tui/state.ts";
import type { TuiState } from "../../../src/tui/state.ts";
import type { DetailSubject } from "../../../src/tui/detail.ts";
import type { Blueprint } from "../../../src/tui/blueprint.ts";
import { handleMouse } from "../../../src/tui/click.ts";
import { handleKey } from "../../../src/tui/keys.ts";
import type { KeyContext, View } from "../../../src/tui/view.ts";
import { splitMouse } from "../../../src/tui/mouse.ts";
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

function subject(state: TuiState, blueprint?: Blueprint): DetailSubject {
  return { state, blueprint, drift: undefined, width: 60 };
}

const opened: LabEvent = { type: "lab", lab, driver: "netns", converging: false };

function result(status: CheckResult["status"], family?: "ipv4" | "ipv6", expectedToFail = false): LabEvent {
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
      expectedToFail,
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
  expect([formatNamespace("default/a"), formatNamespace("shop/b"), formatNamespace("node1")]).toEqual([
    "pod/a",
    "pod/shop/b",
    "node1",
  ]);
});

test("the detail of a device names its cause, its commands and what it is for", () => {
  const text = detailLines(subject(stateAfter(opened), makeBlueprint(lab)), "dev:node1:cni0")
    .map((line) => line.text)
    .join("\n");
  expect(text).toMatch(/because of small\.yaml:\d+:\d+ /u);
  expect(text).toContain("ip -n small.node1 link add");
  expect(text).toContain("A bridge: a switch inside the namespace");
  expect(text).not.toContain("flannel.1");
});

test("a tunnel's details name its other ends", () => {
  const nodes = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: two }, spec: { cluster: { nodes: [node1, node2] } } }`;
  const two = makeBlueprint(loadLabText(nodes, "two.yaml").lab);
  const text = detailLines(subject(stateAfter(opened), two), "dev:node1:flannel.1").map((line) => line.text);
  expect(text).toContain("tunnels to node2:flannel.1");
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
  const text = detailLines(subject(state), "check:a answers").map((line) => line.text);
  expect(text).toContain("last seen node1 on cni0");
  expect(text).toContain("Pods answer their node.");
});

test.each([
  ["passed", "failed, as it is broken on purpose, after 12 ms"],
  ["failed", "should have failed, and did not, after 12 ms"],
] as const)("a check that has to fail is shown as that, not as one that %s", (status, verdict) => {
  const state = stateAfter(opened, result(status, undefined, true));
  expect(detailLines(subject(state), "check:a answers").map((line) => line.text)).toContain(verdict);
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
  const detail = detailLines(subject(state), "change:create addr:default/a:eth0").map((line) => line.text);
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

test("a rollout is what happens between the last operation and the checks", () => {
  const plan: LabEvent = { type: "plan", plan: { lab: "small", operations: [] }, afterwards: ["rollout of x"] };
  const built: LabEvent = { type: "built", ms: 1, operations: 0, rolledBack: false, failures: [] };
  expect(stateAfter(opened, plan, built)).toMatchObject({ phase: "rolling-out", afterwards: ["rollout of x"] });
  expect(stateAfter(opened, plan, built, { type: "changed", lab }).phase).toBe("checking");
  expect(stateAfter(opened, { ...plan, afterwards: undefined }, built).phase).toBe("checking");
});

const differences = [
  {
    what: "sysctl:node1:net.ipv4.ip_forward",
    reason: "is 0, should be 1",
    cause: "small.yaml:5:3 node1",
    command: "ip netns exec small.node1 sysctl -w net.ipv4.ip_forward=1",
  },
] as const;

test("a difference shows its values first, and its detail the whole of it with the command that repairs it", () => {
  const [row] = changeRows(stateAfter(opened), differences);
  expect(rowText(row ?? { key: "", depth: 0, segments: [] })).toMatch(/≠ is 0, should be 1 +sysctl:node1/u);
  const text = detailLines({ ...subject(stateAfter(opened)), drift: differences }, "drift:0").map((line) => line.text);
  expect(text).toEqual(expect.arrayContaining([differences[0].what, differences[0].reason, differences[0].command]));
  expect(text.join("\n")).toContain("because of small.yaml:5:3 node1");
});

test("the lesson is laid out as Markdown, a picture is never wrapped", () => {
  const description = `Some **bold** text\nover two lines.\n\n    wide ${"─".repeat(70)} picture\n\n## Try it\n- one`;
  const state = stateAfter({ ...opened, lab: { ...lab, description } });
  const lines = wrapLines(detailLines(subject(state), undefined), 60).map((line) => line.text);
  expect(lines).toEqual([
    "Small",
    "",
    "Some bold text over two lines.",
    "",
    `  wide ${"─".repeat(70)} picture`,
    "",
    "Try it",
    "• one",
  ]);
});

test("many ports of one bridge are one row until it is opened", () => {
  const pods = Array.from(
    { length: 9 },
    (_, i) => `---\n{ apiVersion: v1, kind: Pod, metadata: { name: p${i} }, spec: { containers: [{ name: c }] } }\n`,
  );
  const many = makeBlueprint(loadLabText(TEXT + pods.join(""), "many.yaml").lab);
  const closed = topologyRows(many, new Set(["ns:node1"])).map(rowText);
  expect(closed.filter((line) => line.includes("veth"))).toEqual([]);
  expect(closed.join("\n")).toContain("11 ports of cni0");
  const open = topologyRows(many, new Set(["ns:node1", "ports:node1:cni0"])).map(rowText);
  expect(open.filter((line) => line.includes("port of cni0"))).toHaveLength(11);
});

test("routed devices of pods are one row by the address that they share", () => {
  const text = `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: t }\nspec: { cluster: { nodes: [node1], dns: false, cni: { plugin: kindnet } } }\n`;
  const pods = Array.from(
    { length: 9 },
    (_, i) => `---\n{ apiVersion: v1, kind: Pod, metadata: { name: p${i} }, spec: { containers: [{ name: c }] } }\n`,
  );
  const many = makeBlueprint(loadLabText(text + pods.join(""), "many.yaml").lab);
  const key = "ports:node1:10.244.0.1/32";
  expect(openableKeys(many)).toContain(key);
  const closed = topologyRows(many, new Set(["ns:node1"])).map(rowText);
  expect(closed.filter((line) => line.includes("veth")).map((line) => line.trim())).toEqual([
    expect.stringContaining("9 veths, each 10.244.0.1/32"),
  ]);
  const open = topologyRows(many, new Set(["ns:node1", key])).map(rowText);
  expect(open.filter((line) => /veth[0-9a-f]{8}/.test(line))).toHaveLength(9);
});

/** A view that keys and the mouse change. */
function makeContext(rows: KeyContext["rows"]): { context: () => KeyContext; view: () => View } {
  let view: View = {
    pane: "checks",
    selected: {},
    expanded: new Set(),
    scroll: 0,
    help: false,
    filter: false,
    capture: undefined,
    drift: undefined,
    search: "",
    typing: false,
    trace: undefined,
    zoom: false,
    message: "",
  };
  const context = (): KeyContext => ({
    view,
    update: (change) => {
      view = { ...view, ...change };
    },
    latest: () => view,
    copy: () => undefined,
    rows,
    selected: Math.max(
      0,
      rows.findIndex((row) => row.key === view.selected[view.pane]),
    ),
    page: 10,
    state: stateAfter(opened),
    actions: {} as KeyContext["actions"],
    suspend: () => Promise.resolve(),
  });
  return { context, view: () => view };
}

const noKey = {} as Parameters<typeof handleKey>[1];
const row = (key: string): KeyContext["rows"][number] => ({ key, depth: 0, segments: [{ text: key }] });

test("/ takes letters, q among them, until Enter; Esc drops the filter", () => {
  const { context, view } = makeContext([row("a"), row("b")]);
  for (const letter of ["/", "q", "u", "x"]) handleKey(letter, noKey, context());
  expect(view()).toMatchObject({ search: "qux", typing: true });
  handleKey("", { ...noKey, backspace: true }, context());
  handleKey("", { ...noKey, return: true }, context());
  expect(view()).toMatchObject({ search: "qu", typing: false });
  handleKey("", { ...noKey, escape: true }, context());
  expect(view().search).toBe("");
});

test("the mouse: tabs, rows, the wheel over the list and over the text", () => {
  const { context, view } = makeContext([row("a"), row("b"), row("c")]);
  const layout = { tabs: 1, list: { top: 3, height: 10, width: 40 }, first: 0 };
  const mouse = (input: string): void => {
    for (const event of splitMouse(`\u001B${input}`).events) handleMouse(event, layout, context());
  };
  mouse("[<0;5;6M");
  expect(view().selected.checks).toBe("c");
  mouse("[<64;5;6M");
  expect(view().selected.checks).toBe("b");
  mouse("[<65;60;6M");
  expect(view().scroll).toBe(3);
  mouse("[<0;2;2M");
  expect(view().pane).toBe("topology");
  mouse("[<0;14;2M");
  expect(view().pane).toBe("checks");
});

test("mouse reports are taken out of the keys, also one that comes in two pieces", () => {
  expect(splitMouse("a\u001B[<0;3;4Mb\u001B[A\u001B[<0;3;4m")).toEqual({
    keys: "ab\u001B[A",
    events: [
      { what: "press", column: 2, row: 3 },
      { what: "release", column: 2, row: 3 },
    ],
    rest: "",
  });
  expect(splitMouse("j\u001B[<64;1")).toEqual({ keys: "j", events: [], rest: "\u001B[<64;1" });
});
