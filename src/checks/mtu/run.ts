/** mtu: the largest packet that is answered without having been fragmented, found by echo requests of more and less bytes. */
import type { Family } from "../../net/family.ts";
import type { Target } from "../../net/target.ts";
import type { Probe, ProbeResult } from "../../services/probe/protocol.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate } from "../destination.ts";
import type { CheckFinding, CheckRequest, RunContext } from "../kind.ts";
import { requestLegs, runLegs, type LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { formatOutcome, within } from "../wording.ts";
import { largest, type Trial } from "./largest.ts";
import { LARGEST_MTU, SMALLEST_MTU, type MtuCheck } from "./resolve.ts";

type PingProbe = Extract<Probe, { kind: "ping" }>;

/** Bytes of the headers of IP and ICMP (RFC 791, 792, 8200, 4443). */
const HEADERS = { ipv4: 20 + 8, ipv6: 40 + 8 } as const satisfies Record<Family, number>;

export async function run(check: MtuCheck, context: RunContext): Promise<CheckFinding> {
  const legs = requestLegs(
    check,
    context,
    (from, family) => mtuRequest(check, from, family),
    (probe, _from, family) =>
      lookForMtu(
        check,
        (bytes) => probeOnce(context, { ...probe, size: bytes - HEADERS[family] }),
        () => context.signal.aborted,
      ),
  );
  const expected = `packets of ${check.expect} bytes and none larger get to ${formatDestination(check.to)} and back ${within(check)}`;
  return runLegs(check, context, legs, { expected, negative: false, overlap: false });
}

/** A packet of just the expected size: what is sent once more when it was lost. */
function mtuRequest(check: MtuCheck, from: Target, family: Family): CheckRequest<PingProbe> {
  const to = formatDestination(check.to);
  const located = locate(check.to, family);
  if ("problem" in located) return { to, problem: located.problem };
  const size = check.expect - HEADERS[family];
  return {
    to,
    probe: { kind: "ping", ...placeOf(from), to: located.to, timeout: check.timeout, family, count: 1, size, df: true },
  };
}

/** Two packets show that it is as expected; only otherwise the size is searched for. `ping`: sends an IP packet of so many bytes. */
export async function lookForMtu(
  { expect, timeout }: Pick<MtuCheck, "expect" | "timeout">,
  ping: (bytes: number) => Promise<ProbeResult>,
  stop: () => boolean,
): Promise<LegLook> {
  const asked = await ping(expect);
  let refusal = asked;
  const attempt = async (bytes: number): Promise<Trial> => {
    const result = await ping(bytes);
    if (result.outcome !== "open") refusal = result;
    return trialOf(result);
  };
  const found = (mtu: number): LegLook => ({
    ok: false,
    got: `path MTU ${mtu}${mtu === LARGEST_MTU ? "" : `; larger packets: ${formatOutcome(refusal, timeout)}`}`,
    probe: asked,
  });
  if (asked.outcome !== "open") {
    const smallest = await ping(SMALLEST_MTU);
    if (smallest.outcome !== "open") return { ok: false, got: formatOutcome(smallest, timeout), probe: smallest };
    return found(await largest(SMALLEST_MTU, expect, trialOf(asked), attempt, stop));
  }
  const larger = async (): Promise<boolean> => expect < LARGEST_MTU && (await attempt(expect + 1)).holds;
  // Silence may be an accident.
  if ((await larger()) || (refusal.outcome === "timeout" && (await larger())))
    return found(await largest(expect + 1, LARGEST_MTU, await attempt(LARGEST_MTU), attempt, stop));
  return { ok: true, got: `path MTU ${expect}`, probe: asked };
}

export function trialOf({ outcome, ping }: ProbeResult): Trial {
  return outcome === "open" ? { holds: true } : { holds: false, most: ping?.mtu };
}
