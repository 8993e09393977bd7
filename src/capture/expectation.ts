/** Decides whether the packets of a capture are those that were expected: how many, in which order, and what was nearest. */
import type { PacketExpectation } from "./packet-match.ts";
import type { Family } from "../net/family.ts";
import { mismatches, resolveMatch, type Mismatch, type ResolvedMatch } from "./match.ts";
import type { CapturedPacket } from "./packet.ts";

export interface ResolvedExpectation {
  readonly match: ResolvedMatch;
  readonly packets: { readonly min: number; readonly max: number };
  readonly then: readonly ResolvedMatch[];
}

/** False where no upper limit was given (Infinity, or the largest safe integer where it went through JSON). */
export function isBounded(packets: { readonly max: number }): boolean {
  return packets.max < Number.MAX_SAFE_INTEGER;
}

export interface NearMiss {
  readonly packet: CapturedPacket;
  readonly differs: readonly Mismatch[];
}

export interface Assertion {
  readonly ok: boolean;
  /** True when further packets cannot make it true: too many have already matched. */
  readonly final: boolean;
  /** Packets that match the expectation itself. */
  readonly matched: readonly CapturedPacket[];
  /** Index into `then` of the first packet that did not follow; undefined: all there. */
  readonly missing?: number | undefined;
  /** The packet with the fewest differences from what is missing. */
  readonly nearest?: NearMiss | undefined;
}

export function resolveExpectation(
  expect: PacketExpectation,
  family: Family,
): { expectation: ResolvedExpectation } | { problem: string } {
  const { packets, then, ...match } = expect;
  const resolved = [match, ...then].map((one) => resolveMatch(one, family));
  const problems = resolved.flatMap((one) => ("problem" in one ? [one.problem] : []));
  if (problems.length > 0) return { problem: [...new Set(problems)].join("; ") };
  const [first, ...rest] = resolved.flatMap((one) => ("match" in one ? [one.match] : []));
  return { expectation: { match: first ?? {}, packets, then: rest } };
}

/** `packets` in order of time. */
export function assertPackets(packets: readonly CapturedPacket[], expectation: ResolvedExpectation): Assertion {
  const { match, packets: count, then } = expectation;
  const matchedAt: number[] = [];
  packets.forEach((packet, index) => {
    if (mismatches(packet, match).length === 0) matchedAt.push(index);
  });
  const matched = matchedAt.flatMap((index) => packets[index] ?? []);
  if (matched.length > count.max) return { ok: false, final: true, matched };
  if (matched.length < count.min)
    return { ok: false, final: false, matched, nearest: nearest(packets, matchedAt, match) };
  const missing =
    matchedAt[0] === undefined
      ? then.length > 0 && count.min > 0
        ? 0
        : undefined
      : firstMissing(packets, matchedAt[0], then);
  if (missing === undefined) return { ok: true, final: false, matched };
  const wanted = then[missing];
  return {
    ok: false,
    final: false,
    matched,
    missing,
    nearest: wanted === undefined ? undefined : nearest(packets, [], wanted),
  };
}

function firstMissing(
  packets: readonly CapturedPacket[],
  start: number,
  then: readonly ResolvedMatch[],
): number | undefined {
  let at = start;
  for (const [index, wanted] of then.entries()) {
    const found = packets.findIndex((packet, i) => i > at && mismatches(packet, wanted).length === 0);
    if (found < 0) return index;
    at = found;
  }
  return undefined;
}

function nearest(
  packets: readonly CapturedPacket[],
  except: readonly number[],
  match: ResolvedMatch,
): NearMiss | undefined {
  let best: NearMiss | undefined;
  for (const [index, packet] of packets.entries()) {
    if (except.includes(index)) continue;
    const differs = mismatches(packet, match);
    if (best === undefined || differs.length < best.differs.length) best = { packet, differs };
  }
  return best;
}
