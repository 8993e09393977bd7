/** dns: one query to a given server; response code and answers. */
import { canonicalAddress } from "../../capture/address.ts";
import type { Probe, ProbeResult } from "../../services/probe/protocol.ts";
import type { DnsCheck } from "../../lab/check.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate, withPort } from "../destination.ts";
import type { CheckContext, Finding, Kind } from "../kind.ts";
import { legLabel, runLegs, sourceLegs } from "../leg.ts";
import type { LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { reproduceProbe } from "../reproduce.ts";
import { EXPECTED_OUTCOME, formatOutcome, within } from "../wording.ts";

export const dns = {
  phase: "traffic",
  negative: (check: DnsCheck) => check.expect.outcome !== "open",
  run: runDns,
} as const satisfies Kind<"dns">;

async function runDns(check: DnsCheck, context: CheckContext): Promise<Finding> {
  const legs = sourceLegs(check, (from, family) => {
    const label = legLabel(check, from, `${check.query} ${check.type} @${formatDestination(check.server)}`, family);
    const located = locate(check.server, family);
    if ("problem" in located)
      return { label, family, problem: located.problem, look: () => Promise.reject(new Error(located.problem)) };
    const { port, timeout, protocol, query, type } = check;
    const probe: Probe = { kind: "dns", ...placeOf(from), to: located.to, port, timeout, protocol, query, type };
    return {
      label,
      family,
      trace: probe,
      reproduce: reproduceProbe(context.lab, probe),
      look: async () => judgeDns(await probeOnce(context, probe), check),
    };
  });
  return runLegs(check, context, legs, { expected: expectation(check), negative: dns.negative(check), overlap: true });
}

function expectation(check: DnsCheck): string {
  const { outcome, rcode, answers } = check.expect;
  const server = withPort(formatDestination(check.server), check.port);
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
      .map((one) => canonicalAddress(one.replace(/\.$/, "")))
      .sort()
      .join("\n");
  const ok = result.dns.rcode === rcode && (answers === undefined || normal(result.dns.answers) === normal(answers));
  return { ok, got: said(result.dns), probe: result };
}

function said(answer: NonNullable<ProbeResult["dns"]>): string {
  return `${answer.rcode}${answer.answers.length === 0 ? ", no answers" : ` and ${answer.answers.join(", ")}`}${answer.truncated ? " (truncated)" : ""}`;
}
