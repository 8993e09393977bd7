/** A small run as events: one check passed, one failed with all that a failure can say, one skipped. */
import type { ConnectCheck } from "../../../src/checks/connect/resolve.ts";
import type { CheckResult, LabEvent, StampedEvent } from "../../../src/events.ts";
import type { Lab } from "../../../src/lab/lab.ts";

const source = { file: "labs/small.yaml", line: 12, column: 7 };

export const lab: Lab = {
  name: "small",
  title: "Two pods & a <bridge>",
  file: "labs/small.yaml",
  source,
  topology: { nodes: [], links: [] },
  clusters: [],
  captures: [],
  checks: [
    {
      kind: "tcp",
      name: "web answers",
      source,
      within: 5000,
      timeout: 1000,
      families: ["ipv4"],
      explain: "Every pod reaches every other pod.",
      expectFailure: false,
      from: [],
      to: { kind: "name", name: "web" },
      port: 80,
      expect: { outcome: "open" },
    } as ConnectCheck,
  ],
  families: ["ipv4", "ipv6"],
};

/** `explain` of what passed stands under it; under a failure it is what was expected. */
export const passed: CheckResult = {
  name: "ping works",
  kind: "ping",
  source,
  status: "passed",
  expected: "an answer",
  got: "an answer",
  attempts: [],
  ms: 3.2,
  expectedToFail: false,
  explain: "One bridge joins them.",
};
export const failed: CheckResult = {
  name: "web answers",
  kind: "tcp",
  source,
  status: "failed",
  family: "ipv4",
  expected: "open within 5 s",
  got: "timeout: no answer, 100% of attempts",
  differs: "node1: net.ipv4.ip_forward is 0, should be 1",
  dropped:
    "NetworkPolicy default/deny (labs/small.yaml:40) on node1: ingress of pod/web is isolated and no rule allows it",
  lastSeen: "node1/eth0 (out), then nothing",
  explain: "Every pod reaches every other pod.",
  reproduce: "k8snet-lab exec small pod/client -- nc -vz 10.0.0.2 80",
  attempts: [],
  ms: 5003,
  expectedToFail: false,
};
export const skipped: CheckResult = {
  ...passed,
  name: "fast # enough",
  kind: "throughput",
  status: "skipped",
  reason: "iperf3 is missing",
};

export const run: readonly StampedEvent[] = (
  [
    { type: "lab", lab, driver: "netns", converging: false },
    { type: "plan", plan: { lab: "small", operations: [] } },
    { type: "built", ms: 41, operations: 12, rolledBack: false, failures: [] },
    { type: "check-done", index: 1, result: passed },
    { type: "check-done", index: 0, result: failed },
    { type: "check-done", index: 2, result: skipped },
    { type: "checks-done", passed: 1, failed: 1, skipped: 1, ms: 5010 },
  ] satisfies LabEvent[]
).map((event, i) => ({ ...event, labName: "small", at: i / 10 }));

export const failure = {
  operation: "create addr:node1:eth0:10.0.0.1/24",
  command: "ip -n small.node1 addr add 10.0.0.1/24 dev eth0",
  stderr: "RTNETLINK answers: File exists",
  cause: "labs/small.yaml:3:1 node1: address",
};
