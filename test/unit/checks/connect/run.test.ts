import { describe, expect, test } from "vitest";
import { judgeConnect } from "../../../../src/checks/connect/run.ts";

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
