/** ping: echo requests; loss, TTL of the answer, and with `df` what fits through the path. */
import type { Probe, ProbeResult } from "../../services/probe/protocol.ts";
import type { PingCheck } from "../../lab/check.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate } from "../destination.ts";
import type { CheckContext, Finding, Kind } from "../kind.ts";
import { legLabel, runLegs, sourceLegs } from "../leg.ts";
import type { LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { reproduceProbe } from "../reproduce.ts";
import { EXPECTED_OUTCOME, formatOutcome, within } from "../wording.ts";

export const ping = {
  phase: "traffic",
  negative: (check: PingCheck) => check.expect.outcome !== "open",
  run: runPing,
} as const satisfies Kind<"ping">;

async function runPing(check: PingCheck, context: CheckContext): Promise<Finding> {
  const legs = sourceLegs(check, (from, family) => {
    const label = legLabel(check, from, formatDestination(check.to), family);
    const located = locate(check.to, family);
    if ("problem" in located)
      return { label, family, problem: located.problem, look: () => Promise.reject(new Error(located.problem)) };
    const { count, size, df, timeout } = check;
    const probe: Probe = { kind: "ping", ...placeOf(from), to: located.to, timeout, family, count, size, df };
    return {
      label,
      family,
      trace: { ...probe, count: 1 },
      reproduce: reproduceProbe(context.lab, probe),
      look: async () => judgePing(await probeOnce(context, probe), check),
    };
  });
  return runLegs(check, context, legs, { expected: expectation(check), negative: ping.negative(check), overlap: true });
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
