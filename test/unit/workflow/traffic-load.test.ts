import { expect, test } from "vitest";
import type { AgentClient } from "../../../src/agent/client.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { ProbeResult } from "../../../src/services/probe/protocol.ts";
import { TrafficLoad } from "../../../src/workflow/traffic-load.ts";
import type { LoadReport } from "../../../src/workflow/traffic-load.ts";

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: load }
spec:
  topology:
    nodes:
      left: { interfaces: { eth0: { addresses: [10.0.0.1/24] } } }
      right: { interfaces: { eth0: { addresses: [10.0.0.2/24] } }, servers: [80] }
    links: [{ endpoints: [left:eth0, right:eth0] }]
  steps:
    - { name: nothing, run: { in: left, command: ["true"] }, while: { from: left, http: "http://right/" } }
`;
const ANSWER: ProbeResult = { outcome: "open", ms: 1, hostname: "right" };
const LOST: ProbeResult = { outcome: "timeout", ms: 1000 };

/** A load whose agent answers with these results, then with answers; it stops once all of them have been given. */
async function loadWith(results: readonly ProbeResult[]): Promise<LoadReport> {
  const { load } = loadLabText(LAB, "load.yaml").lab.steps?.[0] ?? {};
  if (load === undefined) throw new Error("the step has no load");
  const waiting = [...results];
  const { promise: allGiven, resolve } = Promise.withResolvers<void>();
  const call = async (): Promise<{ results: ProbeResult[] }> => {
    const next = waiting.shift();
    if (next === undefined) resolve();
    return { results: [next ?? ANSWER] };
  };
  const traffic = new TrafficLoad({ call } as unknown as AgentClient, load);
  await traffic.begun();
  await allGiven;
  return traffic.stop();
}

test("every lost request is counted; the first twenty are kept, the others are one line", async () => {
  const { requests, failed, lost, answered, label } = await loadWith(Array.from({ length: 27 }, () => LOST));
  expect(failed).toBe(27);
  expect(requests).toBe(27 + (answered.get("right") ?? 0));
  expect(lost).toHaveLength(21);
  expect(lost[0]).toMatchObject({
    label,
    ok: false,
    got: expect.stringMatching(/^timeout after [\d.]+ s$/),
    probe: LOST,
  });
  expect(lost.at(-1)).toEqual({ label, ok: false, got: "7 more were lost" });
});

test("up to twenty are kept one by one, without a line for others", async () => {
  const { failed, lost } = await loadWith([ANSWER, ...Array.from({ length: 20 }, () => LOST)]);
  expect(failed).toBe(20);
  expect(lost.map(({ got }) => got)).toEqual(Array(20).fill(expect.stringMatching(/^timeout after/)));
});

test("an answer with a server's error is lost, a client's error is not", async () => {
  const status = (code: number): ProbeResult => ({ ...ANSWER, http: { status: code, headers: {}, body: "" } });
  const { failed, lost, answered } = await loadWith([status(503), status(404), status(200)]);
  expect(failed).toBe(1);
  expect(lost[0]?.got).toMatch(/^open, status 503 after /);
  expect(answered.get("right")).toBeGreaterThanOrEqual(2);
});
