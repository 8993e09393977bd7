import { expect, test } from "vitest";
import { planOperations } from "../../../../src/plan/plan-operations.ts";
import { storedPart } from "../../../../src/resources/definitions.ts";
import { l7Digest } from "../../../../src/resources/l7/digest.ts";
import type { L7Resource } from "../../../../src/resources/l7/definition.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { identified } from "../../../../src/resources/resource-id.ts";

const cause = { object: "test", reason: "test" };
const home = { node: "n1", ns: "n1", cause };
const netns = identified<"netns">({ kind: "netns", ...home, role: "host" });
const certificates = { shop: { certificate: "CERTIFICATE", key: "KEY", keyFile: "/key" } };

function proxy(status: number, reason = "test"): L7Resource {
  const otherwise = { status, cause: { object: "test", reason } };
  const listener = { name: "http", protocol: "http", certificates: [], hosts: [], otherwise, cause } as const;
  const table = { ports: [{ port: 80, transport: "tcp", listeners: [listener] }], backends: {} } as const;
  return identified<"l7">({ kind: "l7", ...home, name: "front", table, certificates });
}

function observed(applied: L7Resource, state: Partial<ObservedState>): ObservedState {
  const nothing = {
    links: [],
    addrs: [],
    routes: [],
    rules: [],
    neighs: [],
    fdb: [],
    sysctls: {},
    iptables: {},
    qdiscs: [],
  };
  return {
    namespaces: { n1: { ns: "n1", node: "n1", netns: "lab.n1", exists: true, ...nothing } },
    applied: { [netns.id]: netns, [applied.id]: applied },
    iptablesAfterApply: {},
    running: [],
    ...state,
  };
}

function steps(wanted: L7Resource, state: ObservedState): string[] {
  return planOperations("lab", [netns, wanted], state).operations.map(({ id, reason }) => `${id}: ${reason}`);
}

test("one that runs and serves its table is left alone, wherever the table is from", () => {
  const running = [proxy(404).id];
  const state = observed(proxy(404), { running, digests: { [proxy(404).id]: l7Digest(proxy(404)) } });
  expect(steps(proxy(404), state)).toEqual([]);
  expect(steps(proxy(404, "another line"), state)).toEqual([]);
});

test("another table is an update, also where it was applied and is not served", () => {
  const { id } = proxy(404);
  const served = observed(proxy(404), { running: [id], digests: { [id]: l7Digest(proxy(404)) } });
  expect(steps(proxy(503), served)).toEqual([`update ${id}: another table is served`]);
  const failed = observed(proxy(503), { running: [id], digests: { [id]: l7Digest(proxy(404)) } });
  expect(steps(proxy(503), failed)).toEqual([`update ${id}: another table is served`]);
});

test("one that does not run is created", () => {
  expect(steps(proxy(404), observed(proxy(404), {}))).toEqual([`create ${proxy(404).id}: not running`]);
});

test("keys are left out of what is stored", () => {
  expect(storedPart(proxy(404))).toEqual({
    ...proxy(404),
    certificates: { shop: { certificate: "CERTIFICATE", keyFile: "/key" } },
  });
  expect(storedPart(netns)).toBe(netns);
});
