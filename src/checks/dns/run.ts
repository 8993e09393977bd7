/** dns: one query to a given server; response code and answers. */
import { canonicalAddress } from "../../net/families.ts";
import { joinHostPort } from "../../net/host-port.ts";
import type { ProbeResult } from "../../services/probe/protocol.ts";
import { dnsRequest } from "./request.ts";
import type { DnsCheck } from "./resolve.ts";
import { formatDestination } from "../destination.ts";
import type { CheckFinding, RunContext } from "../kind.ts";
import { requestLegs, runLegs, type LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { EXPECTED_OUTCOME, formatOutcome, within } from "../wording.ts";

export async function run(check: DnsCheck, context: RunContext): Promise<CheckFinding> {
  const legs = requestLegs(
    check,
    context,
    (from, family) => dnsRequest(check, from, family),
    async (probe) => judgeDns(await probeOnce(context, probe), check),
  );
  return runLegs(check, context, legs, { expected: expectation(check), negative: context.negative, overlap: true });
}

function expectation(check: DnsCheck): string {
  const { outcome, rcode, answers } = check.expect;
  const server = joinHostPort(formatDestination(check.server), check.port);
  if (outcome !== "open") return `DNS server ${server} ${EXPECTED_OUTCOME[outcome]} ${within(check)}`;
  const said =
    answers === undefined ? rcode : `${rcode} and ${answers.length === 0 ? "no answers" : answers.join(", ")}`;
  return `${server} answers ${check.query} ${check.type} with ${said} ${within(check)}`;
}

/** Answers are a set: order does not matter, addresses are compared as addresses, names without case and final dot. */
export function judgeDns(result: ProbeResult, check: Pick<DnsCheck, "expect" | "timeout">): LegLook {
  const { outcome, rcode, answers } = check.expect;
  if (result.outcome !== outcome || outcome !== "open") {
    return {
      ok: result.outcome === outcome,
      got: result.dns === undefined ? formatOutcome(result, check.timeout) : said(result.dns),
      probe: result,
    };
  }
  if (result.dns === undefined) return { ok: false, got: "an answer that is not a DNS message", probe: result };
  const normal = (list: readonly string[]): string =>
    list
      .map((one) => canonicalAddress(one.replace(/\.$/, "").toLowerCase()))
      .sort()
      .join("\n");
  const ok = result.dns.rcode === rcode && (answers === undefined || normal(result.dns.answers) === normal(answers));
  return { ok, got: said(result.dns), probe: result };
}

function said(answer: NonNullable<ProbeResult["dns"]>): string {
  return `${answer.rcode}${answer.answers.length === 0 ? ", no answers" : ` and ${answer.answers.join(", ")}`}${answer.truncated ? " (truncated)" : ""}`;
}
