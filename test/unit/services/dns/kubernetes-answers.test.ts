/** The DNS specification's and CoreDNS's own cases against the cluster's zone. */
import { describe, expect, it } from "vitest";
import { withReason } from "../../../conformance/data.ts";
import { DNS_ABSENT, dataText, dnsCases, expectedText, recordText, serverOf } from "../../../conformance/dns.ts";

const run = dnsCases("coredns.json");

describe("DNS specification 1.1.0", () => {
  it("is here", (context) => {
    context.skip(DNS_ABSENT !== undefined, DNS_ABSENT);
    expect(dnsCases("spec.json").length).toBeGreaterThan(10);
  });

  it.each(dnsCases("spec.json"))("$id $query.type $query.name", async (one) => {
    const reply = await serverOf(one).answer({ name: one.query.name.replace(/\.$/, ""), type: one.query.type });
    if (reply === "forward") throw new Error("forwarded");
    expect(reply.rcode).toBe(one.expect.rcode);
    const answers = reply.answers.map((record) => {
      if (record.type === "CNAME" && one.query.type !== "CNAME") return `CNAME ${dataText(record)}`;
      return record.type === "SRV" ? dataText(record).split(" ").slice(2).join(" ") : dataText(record);
    });
    // `<generated>` stands for a label that the server may choose.
    const pattern = (line: string): RegExp =>
      new RegExp(`^${line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replace("<generated>", "[a-z0-9-]+")}$`);
    expect(answers).toHaveLength(one.expect.answer.length);
    for (const line of one.expect.answer)
      expect(
        answers.some((text) => pattern(line).test(text)),
        `${line} in ${answers.join(", ")}`,
      ).toBe(true);
  });
});

describe.skipIf(DNS_ABSENT !== undefined)(withReason("CoreDNS, plugin kubernetes", DNS_ABSENT), () => {
  it("is here", (context) => {
    context.skip(DNS_ABSENT !== undefined, DNS_ABSENT);
    expect(run.length).toBeGreaterThan(40);
  });

  it.each(run)("$id $query.type $query.name", async (one) => {
    const reply = await serverOf(one).answer({ name: one.query.name.replace(/\.$/, ""), type: one.query.type });
    if (reply === "forward") throw new Error("forwarded");
    expect(reply.rcode).toBe(one.expect.rcode);
    const wanted = (lines: readonly string[] = []): string[] => lines.map(expectedText).toSorted();
    expect(reply.answers.map(recordText).toSorted()).toEqual(wanted(one.expect.answer));
    expect(reply.authorities.map(recordText).toSorted()).toEqual(wanted(one.expect.authority));
    expect(reply.additionals.map(recordText).toSorted()).toEqual(wanted(one.expect.additional));
  });
});
