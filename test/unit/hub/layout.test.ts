import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { layOut, layoutProblem, machinesByNamespace, REST } from "../../../src/hub/layout.ts";
import { switchState } from "../../../src/hub/segment-state.ts";
import { loadLab } from "../../../src/load/load-lab.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Resource } from "../../../src/resources/resource.ts";

const folder = join(import.meta.dirname, "../../../labs");

async function resourcesOf(file: string): Promise<readonly Resource[]> {
  return planResources((await loadLab(join(folder, file))).lab);
}

test("overlay: a machine for each node, one for the rest, the switch a network", async () => {
  const layout = layOut(await resourcesOf("overlay.yaml"));
  expect(layout.machines.map(({ name }) => name).sort()).toEqual([REST, "node1", "node2", "node3"]);
  expect(layout.machines.find(({ name }) => name === "node1")).toMatchObject({ ownNamespace: "node1" });
  expect(layout.machines.find(({ name }) => name === REST)?.namespaces.toSorted()).toEqual(["internet", "router"]);
  expect(layout.segments.map(({ name, switchNs }) => [name, switchNs])).toEqual([["underlay", "underlay"]]);
  const port = layout.segments[0]?.ports.find(({ machine }) => machine === "node2");
  expect(port).toMatchObject({ ns: "node2", name: "eth0", far: { ns: "underlay" }, addresses: ["192.168.50.12/24"] });
  expect(machinesByNamespace(layout).get("default/client")).toBe("node1");
  expect(machinesByNamespace(layout).has("underlay")).toBe(false);
});

test("a lab without nodes is one machine", async () => {
  const layout = layOut(await resourcesOf("02-bridge.yaml"));
  expect(layout.machines.map(({ name }) => name)).toEqual([REST]);
  expect(layout.segments).toEqual([]);
});

const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));

test.each(files)("%s can be laid out, and a switch that is a network is as the plan wants it", async (file) => {
  const resources = await resourcesOf(file);
  const layout = layOut(resources);
  expect(layoutProblem(layout)).toBeUndefined();
  for (const { switchNs } of layout.segments) {
    if (switchNs === undefined) continue;
    const own = resources.filter(({ ns, kind }) => ns === switchNs && kind !== "veth");
    const plan = planOperations("x", own, {
      namespaces: { [switchNs]: switchState(switchNs, "x", resources) },
      applied: Object.fromEntries(own.map((resource) => [resource.id, resource])),
      iptablesAfterApply: {},
      running: [],
    });
    expect(plan.operations).toEqual([]);
  }
});
