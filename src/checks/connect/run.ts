/** tcp and udp: a connection to a port (or a datagram with its answer), which target answered and which source it saw. */
import { joinHostPort } from "../../net/host-port.ts";
import type { ProbeResult } from "../../services/probe/protocol.ts";
import type { ConnectCheck } from "./resolve.ts";
import { formatDestination, formatSource, locate, sameAddress } from "../destination.ts";
import type { CheckFinding, CheckRequest, RunContext } from "../kind.ts";
import { expectedOutcome } from "../denial.ts";
import { requestLegs, runLegs, type LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { EXPECTED_OUTCOME, formatOutcome, within } from "../wording.ts";
import type { Target } from "../../net/target.ts";
import { connectRequest } from "./request.ts";
import type { Family } from "../../net/family.ts";

export async function run(check: ConnectCheck, context: RunContext): Promise<CheckFinding> {
  const request = (from: Target, family: Family): CheckRequest => {
    const made = connectRequest(check, from, family);
    return { ...made, to: `${made.to}/${check.kind}` };
  };
  const { kind: protocol, to, port } = check;
  const legs = requestLegs(check, context, request, async (probe, from, family) => {
    const outcome = expectedOutcome(context.lab, from, { to, port, protocol }, family, check.expect.outcome);
    return judgeConnect(await probeOnce(context, probe), { ...check, expect: { ...check.expect, outcome } }, family);
  });
  return runLegs(check, context, legs, {
    expected: expectation(check),
    negative: context.negative,
    overlap: true,
  });
}

function expectation(check: ConnectCheck): string {
  const { outcome, sourceIP, hostname } = check.expect;
  const family = check.families[0] ?? "ipv4";
  const parts = [
    `${joinHostPort(formatDestination(check.to), check.port)}/${check.kind} ${EXPECTED_OUTCOME[outcome]}`,
    hostname === undefined ? "" : ` as ${hostname}`,
    sourceIP === undefined
      ? ""
      : ` and sees source ${check.families.length > 1 ? formatDestination(sourceIP) : formatSource(sourceIP, family)}`,
  ];
  return `${parts.join("")} ${within(check)}`;
}

/** Also for http: outcome, which target answered, which source was seen. */
export function judgeConnect(
  result: ProbeResult,
  check: { readonly timeout: number; readonly expect: ConnectCheck["expect"] },
  family: Family,
): LegLook {
  const { outcome, sourceIP, hostname } = check.expect;
  const got = formatOutcome(result, check.timeout);
  if (result.outcome !== outcome) return { ok: false, got, probe: result };
  if (hostname !== undefined && result.hostname !== hostname) {
    return {
      ok: false,
      got: result.hostname === undefined ? `${got}, but not by the built-in server: it did not identify itself` : got,
      probe: result,
    };
  }
  if (sourceIP !== undefined) {
    const expected = locate(sourceIP, family);
    if ("problem" in expected) return { ok: false, final: true, got: expected.problem, probe: result };
    if (!sameAddress(result.sourceIP, expected)) {
      return {
        ok: false,
        got:
          result.sourceIP === undefined
            ? `${got}, but not by the built-in server: it did not report which source it saw`
            : got,
        probe: result,
      };
    }
  }
  return { ok: true, got, probe: result };
}
