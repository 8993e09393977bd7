/** ping: echo requests; loss, TTL of the answer, and with `df` what fits through the path. */
import type { ProbeResult } from "../../services/probe/protocol.ts";
import { pingRequest } from "./request.ts";
import type { PingCheck } from "./resolve.ts";
import { formatDestination } from "../destination.ts";
import type { CheckFinding, RunContext } from "../kind.ts";
import { requestLegs, runLegs, type LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { EXPECTED_OUTCOME, formatOutcome, within } from "../wording.ts";

export async function run(check: PingCheck, context: RunContext): Promise<CheckFinding> {
  const legs = requestLegs(
    check,
    context,
    (from, family) => pingRequest(check, from, family),
    async (probe) => judgePing(await probeOnce(context, probe), check),
  ).map((leg) => (leg.trace?.kind === "ping" ? { ...leg, trace: { ...leg.trace, count: 1 } } : leg));
  return runLegs(check, context, legs, { expected: expectation(check), negative: context.negative, overlap: true });
}

function expectation(check: PingCheck): string {
  const { outcome, loss, ttl, mtu } = check.expect;
  const what =
    check.size === undefined ? "ping" : `ping with ${check.size} bytes${check.df ? ", not fragmented," : ""}`;
  const details = [
    loss === undefined ? undefined : `${loss}% loss`,
    ttl === undefined ? undefined : `TTL ${ttl}`,
    mtu === undefined ? undefined : `next-hop MTU ${mtu}`,
  ].filter((detail) => detail !== undefined);
  const said =
    outcome === "open"
      ? `${formatDestination(check.to)} answers a ${what}`
      : `${formatDestination(check.to)} ${EXPECTED_OUTCOME[outcome]} (${what})`;
  return `${said}${details.length === 0 ? "" : ` with ${details.join(", ")}`} ${within(check)}`;
}

export function judgePing(result: ProbeResult, check: Pick<PingCheck, "expect" | "timeout">): LegLook {
  const { outcome, loss, ttl, mtu } = check.expect;
  const echo = result.ping;
  const lost =
    echo === undefined || echo.sent === 0 ? undefined : Math.round(((echo.sent - echo.received) / echo.sent) * 100);
  const got =
    result.outcome === "open" && echo !== undefined
      ? `${echo.received} of ${echo.sent} answered${echo.ttl === undefined ? "" : `, TTL ${echo.ttl}`}${echo.rttMs === undefined ? "" : `, ${echo.rttMs.toFixed(2)} ms`}`
      : formatOutcome(result, check.timeout);
  const ok =
    result.outcome === outcome &&
    (loss === undefined || lost === loss) &&
    (ttl === undefined || echo?.ttl === ttl) &&
    (mtu === undefined || echo?.mtu === mtu);
  return { ok, got, probe: result };
}
