import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CommonSwarm } from "../../../src/engine/swarm.ts";
import { layOut } from "../../../src/hub/layout.ts";
import { overlayName } from "../../../src/hub/overlay.ts";
import { withRelay } from "../../../src/hub/relay.ts";
import { chooseUnderlay, crossing, overlayLacks } from "../../../src/hub/underlay.ts";
import { loadLab } from "../../../src/load/load-lab.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Resource } from "../../../src/resources/resource.ts";

const OLD = { apiMinor: 41 };

const folder = join(import.meta.dirname, "../../../labs");

async function resourcesOf(file: string): Promise<readonly Resource[]> {
  return planResources((await loadLab(join(folder, file))).lab);
}

describe("an overlay network can be", () => {
  test.each([
    ["overlay.yaml", undefined],
    ["host-gw.yaml", undefined],
    ["dual-stack.yaml", /IPv6/],
    ["loadbalancer.yaml", /answers on underlay for 192\.168\.50\.2\d\d/],
  ])("%s: %s", async (file, problem) => {
    const resources = await resourcesOf(file);
    const [segment] = layOut(resources).segments;
    const lacks = segment === undefined ? "no segment" : overlayLacks(segment, resources);
    if (problem === undefined) expect(lacks).toBeUndefined();
    else expect(lacks).toMatch(problem);
  });

  test("not where Docker has no room for its own addresses", async () => {
    const [segment] = layOut(await resourcesOf("overlay.yaml")).segments;
    const ports = (segment?.ports ?? []).map((port, i) => ({ ...port, addresses: [`10.0.0.${i + 1}/29`] }));
    expect(segment === undefined ? "" : overlayLacks({ ...segment, ports }, [])).toMatch(/16 addresses/);
  });
});

test("segments with machines on several engines", async () => {
  const { segments } = layOut(await resourcesOf("overlay.yaml"));
  expect(crossing(segments, () => "east")).toEqual([]);
  expect(crossing(segments, (machine) => (machine === "node2" ? "west" : "east"))).toEqual(segments);
});

describe("chooseUnderlay", () => {
  const manager = { name: "east", engine: {} } as Extract<CommonSwarm, { manager: unknown }>["manager"];
  const none = { lacks: "west is in no Swarm", hint: "docker swarm join" };

  test("a Swarm's network where there is a Swarm and it can carry the lab", () => {
    expect(chooseUnderlay({ asked: "auto", swarm: { manager } })).toMatchObject({ kind: "swarm", manager: "east" });
    expect(chooseUnderlay({ asked: "auto", swarm: { manager }, lacks: "IPv6" })).toEqual({
      kind: "relay",
      reason: "IPv6",
    });
    expect(chooseUnderlay({ asked: "auto", swarm: none })).toEqual({ kind: "relay", reason: none.lacks });
  });

  test("what is asked for is done, or refused with what to run", () => {
    expect(chooseUnderlay({ asked: "relay", swarm: { manager } }).kind).toBe("relay");
    expect(() => chooseUnderlay({ asked: "swarm", swarm: none })).toThrow(
      expect.objectContaining({ exitCode: 3, message: expect.stringContaining(none.lacks), hint: none.hint }),
    );
    expect(() => chooseUnderlay({ asked: "swarm", swarm: { manager }, lacks: "IPv6" })).toThrow(/but IPv6/);
  });
});

test("names of a Swarm's networks are DNS labels", () => {
  expect(overlayName("overlay", "underlay")).toBe("k8snet-lab-overlay-underlay");
  const long = overlayName("a".repeat(40), "shop.underlay-of-all");
  expect(long).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  expect(long.length).toBeLessThanOrEqual(63);
  expect(overlayName("a", "b.c")).not.toBe(overlayName("a", "b-c"));
});

test("a relay takes the highest address that leaves one for the gateway, or the engine chooses all", async () => {
  const [segment] = layOut(await resourcesOf("overlay.yaml")).segments;
  if (segment === undefined) throw new Error("no segment");
  expect(withRelay(segment, OLD).ports.at(-1)?.addresses).toEqual(["192.168.50.254/24"]);
  const ports = segment.ports.map((port, i) => ({ ...port, addresses: [`10.0.0.${i + 1}/29`] }));
  expect(withRelay({ ...segment, ports }, OLD)).toMatchObject({ ports: { length: 5 } });
  const full = segment.ports.map((port, i) => ({ ...port, addresses: [`10.0.0.${i + 1}/30`] }));
  expect(withRelay({ ...segment, ports: full }, OLD)).toMatchObject({ anyAddresses: true });
});

test("an old engine's network has no IPv6 beside a relay", async () => {
  const [segment] = layOut(await resourcesOf("dual-stack.yaml")).segments;
  if (segment === undefined) throw new Error("no segment");
  const families = (apiMinor: number): boolean[] =>
    withRelay(segment, { apiMinor }).ports.flatMap(({ addresses }) => addresses.map((text) => text.includes(":")));
  expect(families(41)).not.toContain(true);
  expect(families(48)).toContain(true);
});
