import { expect, test } from "vitest";
import { identified } from "../../../../src/resources/resource-id.ts";
import { ResourceIndex } from "../../../../src/resources/resource-index.ts";
import { daemonPlan } from "../../../../src/resources/daemon/plan.ts";
import { routePlan } from "../../../../src/resources/route/plan.ts";

const cause = { object: "test", reason: "test" };
const home = { node: "n1", ns: "n1", cause };
const netns = identified<"netns">({ kind: "netns", ...home, role: "host" });
const daemon = identified<"daemon">({ kind: "daemon", ...home, name: "bird", argv: ["bird"], configuration: "1" });
const plain = { kind: "route", ...home, family: "ipv4", type: "unicast", onlink: false, table: 254 } as const;
const own = identified<"route">({ ...plain, to: "10.0.0.0/8", dev: "eth0" });
const learned = identified<"route">({ ...plain, to: "10.1.0.0/16", via: "10.0.0.2", daemon: "bird" });
const index = new ResourceIndex([netns, own, learned, daemon]);

test("a daemon waits for all but the routes that it writes, and these wait for all daemons", () => {
  expect(daemonPlan.dependencies(daemon, index).needs).toEqual([netns.id, own.id]);
  expect(routePlan.dependencies(learned, index).needs).toEqual([netns.id, daemon.id]);
});

test("another configuration is read again; other arguments need a new process", () => {
  expect(daemonPlan.replaces(daemon, { ...daemon, configuration: "2" })).toBe(false);
  expect(daemonPlan.replaces(daemon, { ...daemon, argv: ["bird", "-d"] })).toBe(true);
});
