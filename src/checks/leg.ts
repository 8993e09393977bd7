/** A check from several sources and in several families is several legs; each must pass, the first that fails is reported. */
import { formatNamespace } from "../net/place.ts";
import type { Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { CheckAttempt } from "../events.ts";
import type { Check } from "../lab/check.ts";
import type { Target } from "../net/target.ts";
import type { Family } from "../net/family.ts";
import type { CheckFinding, CheckRequest, RunContext } from "./kind.ts";
import { reproduceProbe } from "./reproduce.ts";
import { retry, type Look } from "./retry.ts";
import type { LossStory } from "../why/lost-packet.ts";

export interface LegLook extends Look {
  readonly probe?: ProbeResult | undefined;
}

export interface Leg {
  /** `pod/client → pod/web-0:80 (ipv4)`. */
  readonly label: string;
  readonly family?: Family | undefined;
  readonly look: (attempt: number) => Promise<LegLook>;
  /** What can be sent once more to find the cause of a failure. */
  readonly trace?: Probe | undefined;
  /** Finds the cause of a failure where there is nothing to send. */
  readonly investigate?: (() => Promise<LossStory | undefined>) | undefined;
  readonly reproduce?: string | undefined;
  /** Cannot be tried: why. */
  readonly problem?: string | undefined;
}

export interface LegsOptions {
  readonly expected: string;
  readonly negative: boolean;
  readonly overlap: boolean;
}

/** Every source in every family of the check. */
export function sourceLegs(
  check: Check & { readonly from: readonly Target[] },
  make: (from: Target, family: Family) => Leg,
): Leg[] {
  return check.families.flatMap((family) => check.from.map((from) => make(from, family)));
}

/** One leg per source and family, each a request: what is sent is known before, the caller judges the result. */
export function requestLegs<P extends Probe>(
  check: Check & { readonly from: readonly Target[] },
  context: RunContext,
  request: (from: Target, family: Family) => CheckRequest<P>,
  look: (probe: P, from: Target, family: Family) => Promise<LegLook>,
): Leg[] {
  return sourceLegs(check, (from, family) => {
    const made = request(from, family);
    const label = legLabel(check, from, made.to, family);
    if ("problem" in made)
      return { label, family, problem: made.problem, look: () => Promise.reject(new Error(made.problem)) };
    const { probe } = made;
    const reproduce = reproduceProbe(context.lab, probe);
    return { label, family, trace: probe, reproduce, look: () => look(probe, from, family) };
  });
}

export async function runLegs(
  check: Check,
  context: RunContext,
  legs: readonly Leg[],
  options: LegsOptions,
): Promise<CheckFinding> {
  const results = await Promise.all(legs.map((leg) => runLeg(check, context, leg, options)));
  const attempts = results.map((result) => result.attempt);
  const failed = results.find((result) => !result.attempt.ok);
  // The same answer from all sources is printed once.
  const all = [...new Set(attempts.map((attempt) => attempt.got))];
  const got =
    failed === undefined
      ? all.slice(0, 3).join("; ")
      : attempts.length === 1
        ? failed.attempt.got
        : `${failed.leg.label}: ${failed.attempt.got}${more(attempts)}`;
  const leg = failed?.leg ?? legs[0];
  return {
    ok: failed === undefined,
    expected: options.expected,
    got,
    attempts,
    family: failed?.leg.family ?? (check.families.length === 1 ? check.families[0] : undefined),
    reproduce: leg?.reproduce,
    trace: failed?.leg.trace,
    negative: options.negative,
    story: failed?.story,
  };
}

function more(attempts: readonly CheckAttempt[]): string {
  const failed = attempts.filter((attempt) => !attempt.ok).length;
  return failed > 1 ? ` (and ${failed - 1} more of ${attempts.length})` : ` (the other ${attempts.length - 1} passed)`;
}

async function runLeg(
  check: Check,
  context: RunContext,
  leg: Leg,
  options: LegsOptions,
): Promise<{ leg: Leg; attempt: CheckAttempt; story?: LossStory | undefined }> {
  if (leg.problem !== undefined) {
    const attempt = { label: leg.label, ok: false, got: leg.problem };
    context.onAttempt(attempt);
    return { leg, attempt };
  }
  const { trace } = leg;
  const investigate = trace === undefined ? leg.investigate : () => context.investigate(trace, options.negative);
  let story: LossStory | undefined;
  let reported = "";
  const notify = (look: LegLook): CheckAttempt => {
    const attempt: CheckAttempt = { label: leg.label, ok: look.ok, got: look.got, probe: look.probe };
    const words = `${look.ok} ${look.got}`;
    if (words !== reported) context.onAttempt(attempt);
    reported = words;
    return attempt;
  };
  const look = await retry(
    async (attempt) => {
      const seen = await leg.look(attempt);
      notify(seen);
      return seen;
    },
    {
      deadline: context.deadline,
      signal: context.signal,
      negative: options.negative,
      fails: check.expectFailure,
      settled: () => context.settled(),
      overlap: options.overlap,
      proved:
        investigate === undefined || check.expectFailure
          ? undefined
          : async () => {
              story = await investigate();
              if (story?.proved !== true) return false;
              // If it arrives when sent once more, or is denied as it should be, that may be all that was expected.
              return !options.negative && story.arrived !== true ? true : !(await leg.look(0)).ok;
            },
    },
  );
  if (look.ok) return { leg, attempt: notify(look) };
  if (story === undefined && trace === undefined) story = await leg.investigate?.();
  // It was answered, only not as expected: nothing got lost.
  if (look.probe?.outcome === "open" && !options.negative && story?.arrived === true)
    story = { ...story, lastSeen: undefined };
  return { leg, attempt: notify(look), story };
}

/** `pod/client → pod/web-0:80 (ipv4)`; the family only where the check has both. */
export function legLabel(check: Check, from: Target, to: string, family: Family): string {
  return `${formatNamespace(from.ns)} → ${to}${check.families.length > 1 ? ` (${family})` : ""}`;
}
