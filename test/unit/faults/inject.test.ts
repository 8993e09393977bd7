/** Injected faults as lines of a plan: each changes what it says and nothing else, and all of it is undone. */
import { expect, test } from "vitest";
import type { FaultDocument } from "../../../src/faults/schema.ts";
import { injectFault, undoFaults } from "../../../src/live/faults.ts";
import { UNTOUCHED } from "../../../src/kube/workload/live-state.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planChange } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import { faultKind, FAULT_KINDS } from "../../../src/faults/registry.ts";
import { describeFault } from "../../../src/faults/inject.ts";
import type { World } from "../../../src/live/stored-view.ts";

const { lab } = loadLabText(
  `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: { nodes: [node1, node2, node3] }, faults: [{ name: cut, partition: { between: node1, and: [node2, node3] } }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { nodeName: node2, containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }`,
  "lab.yaml",
);
const world = { lab } as World;

function withFault(fault: string | FaultDocument) {
  const live = injectFault(fault)(UNTOUCHED, world);
  return { live, broken: { ...lab, injected: live.faults ?? [] } };
}

/** Operations without what they are for. */
function plan(fault: string | FaultDocument): readonly string[] {
  const { broken } = withFault(fault);
  const there = planChange("t", planResources(lab), planResources(broken)).operations;
  const back = planChange("t", planResources(broken), planResources(lab)).operations;
  expect(back.length).toBe(there.length);
  expect(planChange("t", planResources(lab), planResources({ ...broken, injected: [] })).operations).toEqual([]);
  return there.map(({ action, resource }) => `${action} ${resource.id}`).toSorted();
}

test.each<[FaultDocument | string, readonly string[], string]>([
  [
    { "link-down": { at: "node1/eth0" } },
    ["delete route:node1:0.0.0.0/0:254:0", "delete route:node1:10.244.1.0/24", "update veth:node1:eth0"],
    "link-down: node1/eth0 is down",
  ],
  [{ mtu: { at: "node1", mtu: 1400 } }, ["update veth"], "mtu: node1 has MTU 1400"],
  [
    { loss: { at: "node1", percent: 12.5 } },
    ["create nft:node1:netdev:fault-loss-eth0"],
    "loss: node1 loses 12.5 % of the packets",
  ],
  [
    { "one-way": { at: "pod/web", lost: "in" } },
    ["create nft:default/web:netdev:fault-one-way-eth0"],
    "one-way: pod/web receives nothing",
  ],
  [
    { flapping: { at: "node1/eth0", up: "1s" } },
    ["create nft:node1:netdev:fault-flapping-eth0"],
    "flapping: node1/eth0 flaps: 1000 ms up, 1000 ms down",
  ],
  [
    { block: { at: "node1", protocol: "udp", port: 53, direction: "out" } },
    ["create nft:node1:netdev:fault-block-eth0"],
    "block: node1 drops udp to port 53, outgoing only",
  ],
  [
    { "pod-stopped": { at: "pod/web" } },
    ["update server:default/web:80/tcp"],
    "pod-stopped: what runs in pod/web is stopped",
  ],
  [
    "cut",
    ["node1", "node2", "node3"].map((node) => `create nft:${node}:netdev:fault-cut-eth0`),
    "partition: node1 and node2, node3 do not see each other",
  ],
])("%j", (fault, operations, text) => {
  const { live } = withFault(fault);
  expect(live.faults?.map(describeFault)).toEqual([text]);
  const lines = plan(fault);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of operations.filter((one) => /nft|update veth|server/.test(one))) {
    expect(lines.some((one) => one.startsWith(line))).toBe(true);
  }
});

test("slow: begins with a restart, ends without one", () => {
  const { lab: own } = loadLabText(
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: { nodes: [node1] } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } }] } }`,
    "lab.yaml",
  );
  const { faults = [] } = injectFault({ "pod-slow": { at: "pod/web", needs: "5s" } })(UNTOUCHED, { lab: own } as World);
  const [healthy, slow] = [planResources(own), planResources({ ...own, injected: faults })];
  const steps = (from: typeof healthy, to: typeof healthy): readonly string[] =>
    planChange("t", from, to).operations.map(({ action, resource }) => `${action} ${resource.kind}`);
  expect(steps(healthy, slow).toSorted()).toEqual(["create server", "create watch", "delete server", "delete watch"]);
  expect(steps(slow, healthy).toSorted()).toEqual(["update server", "update watch"]);
});

test("netem: by what the kernel has, or what is asked for; at both ends of the cable", () => {
  const made = (said: object, lacks: readonly string[]): readonly string[] => {
    const { faults = [] } = injectFault({ netem: { at: "node1/eth0", delay: "5ms", ...said } })(UNTOUCHED, {
      lab,
      lacks: new Set(lacks),
    } as unknown as World);
    return planResources({ ...lab, injected: faults }).flatMap((one) =>
      one.kind === "netem" || one.kind === "relay" ? [`${one.kind} ${one.ns} ${one.dev}`] : [],
    );
  };
  expect(made({}, [])).toEqual(["netem node1 eth0"]);
  expect(made({}, ["netem"])).toEqual(["relay node1 eth0"]);
  expect(made({ by: "relay" }, [])).toEqual(["relay node1 eth0"]);
  expect(made({ direction: "both" }, ["netem"])).toEqual(["relay underlay node1", "relay node1 eth0"]);
});

test("names: the kind's, with a number where that is taken; undone by name, or all; refused in words", () => {
  const one = injectFault({ loss: { at: "node1", percent: 1 } });
  const twice = one(one(UNTOUCHED, world), world);
  expect(twice.faults?.map(({ id }) => id)).toEqual(["loss", "loss-2"]);
  expect(undoFaults(["loss"])(twice, world).faults?.map(({ id }) => id)).toEqual(["loss-2"]);
  expect(undoFaults([])(twice, world)).toEqual(UNTOUCHED);
  expect(() => undoFaults(["los"])(twice, world)).toThrow("the fault los is not active");
  expect(() => injectFault("cuts")(UNTOUCHED, world)).toThrow('the lab file names no fault "cuts"');
  expect(() => injectFault({ loss: { at: "node9", percent: 1 } })(UNTOUCHED, world)).toThrow('there is no "node9"');
  expect(() => injectFault({ "dns-stale": {} })(UNTOUCHED, world)).toThrow("the lab has no DNS server");
  const cut = injectFault("cut");
  expect(() => cut(cut(UNTOUCHED, world), world)).toThrow("the fault cut is active already");
});

test("what the lab no longer has is not broken", () => {
  const { broken } = withFault({ loss: { at: "pod/web", percent: 50 } });
  const { lab: other } = loadLabText(
    "{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: { nodes: [node1] } } }",
    "lab.yaml",
  );
  expect(planResources({ ...other, injected: broken.injected })).toEqual(planResources(other));
});

test("what chaos draws fits the kind's schema", () => {
  for (const { kind, schema, draw } of FAULT_KINDS) {
    const places = (["node", "pod"] as const).map((is) => ({ text: "it", is, nodes: ["node2"], random: () => 0.4 }));
    expect(
      places.flatMap((place) => draw?.(place) ?? []),
      kind,
    ).not.toEqual([]);
    const drawn = draw?.({ text: "node1", is: "node", nodes: ["node2"], random: () => 0.4 });
    if (drawn !== undefined) expect(schema.safeParse(drawn), kind).toMatchObject({ success: true });
  }
  expect(faultKind("nosuch")).toBeUndefined();
});
