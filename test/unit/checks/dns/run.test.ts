import { expect, test } from "vitest";
import { judgeDns } from "../../../../src/checks/dns/run.ts";

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
