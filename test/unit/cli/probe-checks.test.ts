import { expect, test } from "vitest";
import { probeChecks } from "../../../src/cli/probe-checks.ts";

const from = ["pod/a"];

test.each([
  [{ to: ["pod/b:80"] }, { from: "pod/a", tcp: "pod/b:80" }],
  [{ to: ["pod/b"] }, { from: "pod/a", ping: "pod/b" }],
  [
    { to: ["pod/b:80"], icmp: true, size: 1400, df: true },
    { from: "pod/a", ping: "pod/b", size: 1400, df: true },
  ],
  [{ to: ["fd00::1"] }, { ping: "fd00::1" }],
  [{ to: ["[fd00::1]:53"], udp: true }, { udp: "[fd00::1]:53" }],
  [{ to: ["svc/web:http"] }, { tcp: "svc/web:http" }],
  [{ to: ["svc/web:80"], http: "x" }, { http: "http://svc/web:80/x" }],
  [{ to: ["http://svc/web/y"] }, { http: "http://svc/web/y" }],
  [{ to: ["all:80"] }, { reach: { from: ["pod/a"], to: "all", protocol: "tcp", port: 80 } }],
  [{ to: ["pod/b:80"], sctp: true }, { reach: { from: ["pod/a"], to: ["pod/b"], protocol: "sctp", port: 80 } }],
  [
    { to: [], dns: "web" },
    { from: "pod/a", dns: "web" },
  ],
  [{ to: ["pod/b:80"], expect: "refused" }, { expect: "refused" }],
] as const)("%j", (question, expected) => {
  expect(probeChecks({ from, ...question })).toMatchObject([{ within: 0, ...expected }]);
});

test("several destinations with commas have the last one's port", () => {
  const question = { from: ["pod/a"], to: ["pod/b,pod/c:80"] };
  expect(probeChecks(question)).toMatchObject([{ reach: { to: ["pod/b", "pod/c"], port: 80 } }]);
  expect(probeChecks({ from: ["pod/a"], to: [], http: "http://pod/b/" })).toMatchObject([{ http: "http://pod/b/" }]);
});

test("places with other ports are other matrices", () => {
  const checks = probeChecks({ from: ["all"], to: ["pod/b:80", "pod/c:80", "pod/d:81"] });
  expect(checks.map((check) => "reach" in check && check.reach.to)).toEqual([["pod/b", "pod/c"], ["pod/d"]]);
});

test.each([
  [{ to: [] }, "needs a destination"],
  [{ to: ["pod/b"], udp: true }, "udp needs a port"],
  [{ to: ["all:http"] }, "the number of a port"],
  [{ to: ["pod/b"], expect: "refused" }, "never refused"],
] as const)("%j is a usage error: %s", (question, message) => {
  expect(() => probeChecks({ from, ...question })).toThrow(message);
});
