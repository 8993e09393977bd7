import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { runChecks } from "../../src/checks/run-checks.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { CheckResult, LabEvent } from "../../src/events.ts";
import type { CaptureSpec } from "../../src/lab/capture.ts";
import type { Check } from "../../src/lab/check.ts";
import { agentIds, down, leftovers, up } from "./agent-lab.ts";
import { check, checkLab, checkLabResources, target } from "./check-lab.ts";

const lab = `check-cap-${process.pid}`;
let client: AgentClient;
let ids: string[] = [];

beforeAll(async () => {
  client = await up(getDriver("netns"), lab, checkLabResources());
  ids = agentIds(lab);
});
afterAll(async () => {
  await down(client);
  expect(leftovers(lab, ids)).toEqual([]);
});

const blue = { kind: "target", target: target("blue") } as const;
const red = [target("red")];
const open = { outcome: "open" };

async function run(
  checks: readonly Check[],
  captures: readonly Omit<CaptureSpec, "source" | "snaplen">[] = [],
  options: Parameters<typeof runChecks>[3] = {},
): Promise<{ results: readonly CheckResult[]; events: LabEvent[]; ms: number }> {
  const events: LabEvent[] = [];
  const begun = performance.now();
  const results = await runChecks(checkLab(lab, checks, captures), client, (event) => events.push(event), options);
  return { results, events, ms: performance.now() - begun };
}
describe("captures", () => {
  const captures = [
    { name: "both", at: [target("gw", "red0"), target("gw", "blue0")], filter: "tcp port 80" },
    { name: "gw", at: [target("gw")] },
  ];
  const traffic = check({ name: "traffic", kind: "tcp", from: red, to: blue, port: 80, expect: open });
  const looks = (name: string, expectation: object, rest: object = {}): Check =>
    check({
      name,
      kind: "capture",
      capture: "both",
      within: 300,
      expect: { packets: { min: 1, max: Number.MAX_SAFE_INTEGER }, then: [], ...expectation },
      ...rest,
    });

  test("NAT is seen on both sides, in order, and nothing else", async () => {
    const { results } = await run(
      [
        traffic,
        looks("before", {
          src: target("red"),
          dst: target("blue"),
          flags: "SYN",
          at: "gw/red0",
          then: [
            { src: "10.2.0.1", flags: "SYN", at: "gw/blue0" },
            { flags: "SYN,ACK", at: "gw/blue0" },
            { flags: "SYN,ACK", dst: target("red"), at: "gw/red0" },
          ],
        }),
        looks("never untranslated", { src: target("red"), at: "gw/blue0", packets: { min: 0, max: 0 } }),
        looks("exactly one SYN at each place", { flags: "SYN", dport: 80, packets: { min: 2, max: 2 } }),
      ],
      captures,
    );
    expect(results.map((result) => [result.name, result.status, result.status === "passed" ? "" : result.got])).toEqual(
      [
        ["traffic", "passed", ""],
        ["before", "passed", ""],
        ["never untranslated", "passed", ""],
        ["exactly one SYN at each place", "passed", ""],
      ],
    );
  });

  test("packets of an earlier run prove nothing; the capture runs on", async () => {
    const { results } = await run([looks("stale", { dport: 80 })], captures);
    expect(results[0]).toMatchObject({
      status: "failed",
      got: expect.stringMatching(/^0 of 0 packets seen at gw\/red0, gw\/blue0 matched/) as string,
    });
  });

  test("ARP is seen again in every run, on any, with the device's name", async () => {
    const arp = looks("arp", { protocol: "arp", arpOp: "request", at: "gw/red0" }, { capture: "gw", within: 1000 });
    for (let round = 0; round < 2; round++) {
      const { results } = await run([traffic, arp], captures);
      expect(results[1]).toMatchObject({
        status: "passed",
        got: expect.stringContaining("gw/red0 ARP, Request who-has") as string,
      });
    }
  });

  test("a miss shows the nearest packet and the field that differs", async () => {
    const { results } = await run([traffic, looks("port", { src: target("red"), dport: 81, flags: "SYN" })], captures);
    expect(results[1]?.status).toBe("failed");
    expect(results[1]?.got).toMatch(/differs: dport is 80, expected 81$/);
    expect(results[1]?.got).toMatch(/\n {2}nearest: .* gw\/red0 IP 10\.1\.0\.2\.\d+ > 10\.2\.0\.2\.80: Flags \[S\]/);
  });

  test("a filter that tcpdump does not take fails the check with tcpdump's words", async () => {
    const { results, events } = await run(
      [looks("bad", {}, { capture: "bad" })],
      [{ name: "bad", at: [target("gw")], filter: "tcp prt 80" }],
    );
    expect(results[0]).toMatchObject({ status: "failed", got: expect.stringContaining("syntax error") as string });
    expect(events.some((event) => event.type === "note" && event.level === "warn")).toBe(true);
  });

  test("asked for alone, a capture check brings its traffic with it", async () => {
    const { results } = await run(
      [
        check({ name: "other", kind: "command", from: red, argv: ["true"], expect: { exitCode: 0 } }),
        traffic,
        looks("seen", { dport: 80 }),
        check({ name: "after", kind: "command", from: red, argv: ["true"], expect: { exitCode: 0 } }),
      ],
      captures,
      { only: ["seen"] },
    );
    expect(results.map((result) => `${result.name} ${result.status}`)).toEqual([
      "other passed",
      "traffic passed",
      "seen passed",
    ]);
  });
});
