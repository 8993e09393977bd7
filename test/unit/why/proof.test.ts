import { describe, expect, test } from "vitest";
import { isProved } from "../../../src/why/proof.ts";
import type { Evidence } from "../../../src/why/proof.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import type { ResourceKind } from "../../../src/resources/resource.ts";

const quiet = { changing: false, decided: true, version: "1" };
const outcome = (it: Evidence["trace"]["probe"]["outcome"]): Evidence["trace"] => ({
  probe: { outcome: it, ms: 1 },
  icmpErrors: [],
});
const differs = (kind: ResourceKind): Pick<Evidence, "differences"> => ({ differences: [{ kind }] });
const program = (age?: number): Pick<Evidence, "observed"> => ({
  observed: {
    namespaces: {},
    applied: { p: { kind: "process", id: "p", ns: "b" } } as unknown as ObservedState["applied"],
    running: age === undefined ? [] : ["p"],
    ages: age === undefined ? {} : { p: age },
  },
});
const evidence = (rest: Partial<Evidence>): Evidence => ({
  before: quiet,
  after: quiet,
  trace: outcome("timeout"),
  way: { namespaces: ["a", "b"], family: "ipv4" },
  observed: { namespaces: {}, applied: {}, running: [] },
  differences: [],
  foreign: false,
  denied: false,
  dropped: false,
  explained: false,
  negative: false,
  patience: 5000,
  ...rest,
});

describe("what proves a failure", () => {
  test.each<[string, Partial<Evidence>]>([
    ["a refusal", { trace: outcome("refused") }],
    ["an ICMP error", { trace: { ...outcome("timeout"), icmpErrors: [{ ns: "r", iface: "e", from: "1.1.1.1", to: "2.2.2.2", says: "Time exceeded" }] } }],
    ["what the sender's own kernel says", { trace: outcome("unreachable") }],
    ["ARP in vain, a route that is missing", { explained: true }],
    ["what comes through and must not", { trace: outcome("open"), negative: true }],
    ["a rule that dropped it", { dropped: true }],
    ["a policy that denied it, also while pods start", { denied: true, after: { ...quiet, decided: false } }],
    ["what differs on the way", differs("route")],
    ["what is not part of this lab", { foreign: true }],
    ["a refusal where a program has had its time", { trace: outcome("refused"), ...program(6000) }],
  ])("%s", (_, rest) => expect(isProved(evidence(rest))).toBe(true)); // prettier-ignore
});

describe("what proves nothing", () => {
  test.each<[string, Partial<Evidence>]>([
    ["silence that nothing explains", {}],
    ["what came through at last", { trace: outcome("open") }],
    ["a connection that was reset: somebody was there", { trace: outcome("reset") }],
    ["a program that has just been started", { trace: outcome("refused"), ...program(4000) }],
    ["a program that does not run", { trace: outcome("refused"), ...program() }],
    ["a server that is not there yet", { trace: outcome("refused"), ...differs("server") }],
    ["pods whose probes are still looked at", { trace: outcome("refused"), after: { ...quiet, decided: false } }],
    ["a Service without endpoints while its pods start", { dropped: true, before: { ...quiet, decided: false } }],
    ["a lab that is being changed", { ...differs("route"), before: { ...quiet, changing: true } }],
    ["a lab that was changed meanwhile", { foreign: true, after: { ...quiet, version: "2" } }],
  ])("%s", (_, rest) => expect(isProved(evidence(rest))).toBe(false)); // prettier-ignore

  test("an address of the packet's family that is still tentative", () => {
    const namespaces = {
      b: { addrs: [{ tentative: true, family: "ipv6" }] },
    } as unknown as ObservedState["namespaces"];
    const observed = { namespaces, applied: {}, running: [] };
    const isProvedIn = (family: "ipv4" | "ipv6"): boolean =>
      isProved(evidence({ trace: outcome("unreachable"), observed, way: { namespaces: ["a", "b"], family } }));
    expect([isProvedIn("ipv4"), isProvedIn("ipv6")]).toEqual([true, false]);
  });
});
