import { describe, expect, test } from "vitest";
import { describeCount, describeMatch } from "../../../src/checks/capture/describe-match.ts";
import { judgeCommand } from "../../../src/checks/command/run.ts";
import { judgeConnect } from "../../../src/checks/connect/run.ts";
import { judgeDns } from "../../../src/checks/dns/run.ts";
import { judgeThroughput } from "../../../src/checks/throughput/run.ts";
import { shellQuote } from "../../../src/checks/reproduce.ts";
import { textMatches } from "../../../src/checks/text-match.ts";

test("expected packets in words", () => {
  expect(describeCount({ min: 1, max: Infinity })).toBe("a packet");
  expect(describeCount({ min: 2, max: Number.MAX_SAFE_INTEGER })).toBe("2 or more packets");
  expect(describeCount({ min: 0, max: 0 })).toBe("no packet");
  expect(describeCount({ min: 1, max: 1 })).toBe("exactly 1 packet");
  expect(describeCount({ min: 0, max: 5 })).toBe("at most 5 packets");
  expect(describeCount({ min: 1, max: 3 })).toBe("1 to 3 packets");
  const client = { text: "pod/client", ns: "default/client", node: "n", addresses: {} };
  expect(describeMatch({ vni: 1, inner: { src: client, dport: 80 }, then: [{ flags: "RST" }] })).toBe(
    "vni 1, inner src pod/client, dport 80, then flags RST",
  );
});

test.each([
  ["plain/word-1.2:3", "plain/word-1.2:3"],
  ["two words", "'two words'"],
  ["$(reboot)", "'$(reboot)'"],
  ["it's", "'it'\\''s'"],
  ["", "''"],
])("shell word %s", (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

test("texts are contained, or match an expression", () => {
  expect(textMatches("hello world", "lo wo")).toBe(true);
  expect(textMatches("hello\nWORLD", "/^world$/im")).toBe(true);
  expect(textMatches("a/b/c", "/b/c")).toBe(true);
  expect(textMatches("hello", "/^ello/")).toBe(false);
});

describe("a connection", () => {
  const check = {
    timeout: 1000,
    expect: { outcome: "open", sourceIP: { kind: "address", address: "fd00:0::1", family: "ipv6" }, hostname: "web-0" },
  } as const;
  test("source addresses are compared as addresses", () => {
    expect(
      judgeConnect({ outcome: "open", ms: 1, hostname: "web-0", sourceIP: "fd00::1" }, check, "ipv6"),
    ).toMatchObject({ ok: true });
    expect(
      judgeConnect({ outcome: "open", ms: 1, hostname: "web-0", sourceIP: "fd00::2" }, check, "ipv6"),
    ).toMatchObject({ ok: false, got: "open, answered by web-0, which saw source fd00::2" });
  });
  test("a server that does not say who it is cannot prove it", () => {
    expect(judgeConnect({ outcome: "open", ms: 1 }, check, "ipv6")).toMatchObject({
      ok: false,
      got: expect.stringContaining("did not identify itself") as string,
    });
  });
  test("each outcome in its words", () => {
    expect(judgeConnect({ outcome: "timeout", ms: 1000 }, check, "ipv6").got).toBe("timeout: no answer within 1 s");
    expect(judgeConnect({ outcome: "refused", ms: 1, error: "ECONNREFUSED" }, check, "ipv6").got).toBe(
      "refused (ECONNREFUSED)",
    );
  });
});

test("DNS answers are a set, addresses and names in any spelling", () => {
  const check = {
    timeout: 1000,
    expect: { outcome: "open", rcode: "NOERROR", answers: ["2001:db8:0::1", "web.example"] },
  } as const;
  const dns = { rcode: "NOERROR", answers: ["WEB.example.", "2001:db8::1"], truncated: false };
  expect(judgeDns({ outcome: "open", ms: 1, dns }, check).ok).toBe(true);
  expect(judgeDns({ outcome: "open", ms: 1, dns: { ...dns, answers: ["2001:db8::1"] } }, check).ok).toBe(false);
  expect(judgeDns({ outcome: "open", ms: 1, dns: { ...dns, rcode: "NXDOMAIN", answers: [] } }, check)).toMatchObject({
    ok: false,
    got: "NXDOMAIN, no answers",
  });
});

test("a command that does not end is told from one that fails", () => {
  const check = { timeout: 500, expect: { exitCode: 0, stdout: "default via" } };
  const result = { exitCode: 0, stdout: "default via 10.0.0.1", stderr: "", timedOut: false };
  expect(judgeCommand(result, check)).toMatchObject({ ok: true });
  expect(judgeCommand({ ...result, stdout: "" }, check)).toMatchObject({ ok: false, got: "exit code 0, no output" });
  expect(judgeCommand({ ...result, exitCode: null, timedOut: true }, check).got).toContain("did not end within 500 ms");
});

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
