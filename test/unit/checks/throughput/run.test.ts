import { expect, test } from "vitest";
import { judgeThroughput } from "../../../../src/checks/throughput/run.ts";

test("what iperf3's receiver got is what counts", () => {
  const report = JSON.stringify({
    end: { sum_sent: { bits_per_second: 20e6 }, sum_received: { bits_per_second: 9.7e6 } },
  });
  const result = { exitCode: 0, stdout: report, stderr: "", timedOut: false };
  expect(judgeThroughput(result, { expect: { min: 5e6, max: 11e6 } })).toEqual({ ok: true, got: "9.7 Mbit/s" });
  expect(judgeThroughput(result, { expect: { max: 9e6 } }).ok).toBe(false);
  expect(judgeThroughput({ ...result, stdout: '{"error":"unable to connect"}' }, { expect: {} })).toEqual({
    ok: false,
    got: "iperf3 failed: unable to connect",
  });
});
