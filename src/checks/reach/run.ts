/** reach: who reaches whom; one batch of probes for the whole matrix, then again only the unexpected pairs. */
import type { Probe, ProbeResult } from "../../services/probe/protocol.ts";
import type { CheckAttempt } from "../../events.ts";
import type { Outcome } from "../../net/outcome.ts";
import type { ReachCheck } from "./resolve.ts";
import type { Target } from "../../net/target.ts";
import { placeOf } from "../../targets/target-place.ts";
import type { Family } from "../../net/family.ts";
import { FAMILY_NAMES } from "../../net/families.ts";
import { targetAddress } from "../destination.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { formatMatrix, isSurprise, surprises, tally, type Matrix } from "./matrix.ts";
import { tableFulls } from "../neighbour-table.ts";
import { answeredDenial } from "../denial.ts";
import type { RulesVerdict } from "../../installed/policy-rules.ts";
import { contradicts, formatVerdicts, policyVerdict, readPolicyRules, rulesVerdict } from "./policy-verdict.ts";
import type { PolicyVerdict } from "./policy-verdict.ts";
import { reproduceProbe } from "../reproduce.ts";
import { FIRST_PAUSE, wait } from "../retry.ts";
import { formatOutcome, within } from "../wording.ts";

/** How much longer than its timeout a probe with an unexpected result may take in total. */
const MOST_PATIENCE = 8;
/** How much longer the second attempt waits than the first; what is still unexpected then is investigated. */
const FIRST_PATIENCE = 2;
/** How many times its timeout the first look takes only where probes wait for a processor. */
const STARVED = 4;
/** Attempts are kept one by one up to this many cells, above only the surprising ones. */
const MAX_ATTEMPTS = 400;
/** This many timeouts point to the host rather than to the lab. */
const CROWD = 500;
const NEIGHBOUR_HINT =
  ". Is the host's neighbour table full (gc_thresh3, one for all namespaces)? k8snet-lab doctor LAB.yaml checks";

interface ReachCell {
  readonly i: number;
  readonly j: number;
  readonly probe: Probe | undefined;
  readonly expected: Outcome;
  /** The verdict of the NetworkPolicies, where they decide. */
  readonly verdict: PolicyVerdict | undefined;
  /** The verdict of the nodes' rules, where they could be read. */
  rules: RulesVerdict | undefined;
  result: ProbeResult | undefined;
}

export async function run(check: ReachCheck, context: RunContext): Promise<CheckFinding> {
  const findings = await Promise.all(check.families.map((family) => runFamily(check, context, family)));
  const failed = findings.find((finding) => !finding.ok) ?? findings[0];
  const both = findings.length > 1;
  return {
    ok: findings.every((finding) => finding.ok),
    expected: expectation(check),
    got: findings
      .map((finding) =>
        both && finding.family !== undefined ? `${FAMILY_NAMES[finding.family]}: ${finding.got}` : finding.got,
      )
      .join("; "),
    attempts: findings.flatMap((finding) => finding.attempts),
    family: failed?.family,
    matrix: findings
      .map(
        (finding) =>
          `${both && finding.family !== undefined ? `${FAMILY_NAMES[finding.family]}\n` : ""}${finding.matrix ?? ""}`,
      )
      .join("\n\n"),
    reproduce: failed?.reproduce,
    trace: failed?.trace,
    story: failed?.story,
  };
}

async function runFamily(check: ReachCheck, context: RunContext, family: Family): Promise<CheckFinding> {
  const cells = makeCells(check, context, family);
  const began = performance.now();
  await Promise.all([probeCells(cells, context, check, check.timeout), judgeRules(cells, context, family)]);
  let confirmed = await confirmNegatives(cells, context, check);
  // On a machine that is busy with other things the first look alone may have used all of the time.
  const isStarved = performance.now() - began > STARVED * check.timeout;
  let story: CheckFinding["story"];
  let patience = 1;
  let pause = FIRST_PAUSE;
  while (!confirmed || (!check.expectFailure && cells.some(surprising))) {
    const isLast = performance.now() >= context.deadline && !(isStarved && patience === 1);
    if (context.signal.aborted || isLast) break;
    if (check.expectFailure && confirmed) break;
    pause = await wait(pause, context);
    // On a slow machine an answer may take longer than a first try waits.
    patience = Math.min(patience * FIRST_PATIENCE, MOST_PATIENCE);
    const left = Math.max(check.timeout, context.deadline - performance.now());
    await probeCells(cells.filter(surprising), context, check, Math.min(check.timeout * patience, left));
    confirmed = await confirmNegatives(cells, context, check);
    if (!check.expectFailure && patience === FIRST_PATIENCE) story = await proofOf(cells, context);
    if (story !== undefined) break;
  }
  // Rules may have been fixed or broken since they were read.
  if (cells.some(contradicting)) await judgeRules(cells, context, family, true);
  const matrix = toMatrix(check, cells);
  const surprised = cells.filter(surprising);
  const contradictions = cells.filter(contradicting);
  const first = [...surprised, ...contradictions].find((cell) => cell.probe !== undefined);
  const shown = cells.length <= MAX_ATTEMPTS ? cells : surprised.slice(0, MAX_ATTEMPTS);
  const attempts = shown.map((cell) => toAttempt(check, cell, family));
  for (const attempt of attempts) context.onAttempt(attempt);
  const all = matrix.cells.flat().filter((cell) => cell.expected !== undefined);
  return {
    ok: surprised.length === 0 && contradictions.length === 0,
    expected: expectation(check),
    got:
      contradictions.length > 0
        ? `policies, rules and packets disagree in ${contradictions.length} of ${all.length}: ${contradictions
            .slice(0, 3)
            .map((cell) => formatContradiction(check, cell))
            .join("; ")}${contradictions.length > 3 ? " …" : ""}`
        : surprised.length === 0
          ? `all ${all.length} as expected: ${tally(all)}`
          : `${surprised.length} of ${all.length} not as expected: ${surprises(matrix).slice(0, 3).join("; ")}${surprised.length > 3 ? " …" : ""}${crowded(surprised) ? NEIGHBOUR_HINT : ""}`,
    attempts,
    family,
    matrix: formatMatrix(matrix),
    reproduce: first?.probe === undefined ? undefined : reproduceProbe(context.lab, first.probe),
    trace: first?.probe,
    negative: (first?.expected ?? "open") !== "open",
    story: surprised.length > 0 ? story : undefined,
  };
}

/** The cause of the first unexpected result, if it is permanent. Pairs that work now are tested again. */
async function proofOf(cells: readonly ReachCell[], context: RunContext): Promise<CheckFinding["story"]> {
  const cell = cells.find((one) => surprising(one) && one.probe !== undefined);
  if (cell?.probe === undefined) return undefined;
  const negative = cell.expected !== "open";
  const story = await context.investigate(cell.probe, negative);
  return story?.proved === true && (negative || story.arrived !== true) ? story : undefined;
}

/** All three verdicts: the policies', the rules' and the packet's. */
function formatContradiction(check: ReachCheck, cell: ReachCell): string {
  const pair = `${check.from[cell.i]?.text ?? "?"} → ${check.to[cell.j]?.text ?? "?"}`;
  return cell.verdict === undefined ? pair : `${pair}: ${formatVerdicts(cell.verdict, cell.rules, cell.result)}`;
}

function contradicting({ verdict, rules, result }: ReachCell): boolean {
  return contradicts(verdict, rules, result);
}

async function judgeRules(
  cells: readonly ReachCell[],
  context: RunContext,
  family: Family,
  fresh = false,
): Promise<void> {
  const verdicts = cells.map((cell) => cell.verdict);
  const rules = await readPolicyRules(context, verdicts, family, fresh);
  for (const cell of cells) cell.rules = rulesVerdict(cell.verdict, rules);
}

function makeCells(check: ReachCheck, context: RunContext, family: Family): ReachCell[] {
  return check.from.flatMap((from, i) =>
    check.to.flatMap((to, j) => {
      const asked = check.expect[i]?.[j] ?? undefined;
      if (asked === undefined) return [];
      const verdict = policyVerdict(context.lab, from, to, check.protocol, check.port ?? 80, family);
      const expected = answeredDenial(context.lab, from, to.addresses[family], () => verdict, asked);
      return [
        { i, j, expected, probe: makeProbe(check, from, to, family), verdict, rules: undefined, result: undefined },
      ];
    }),
  );
}

function makeProbe(check: ReachCheck, from: Target, to: Target, family: Family): Probe | undefined {
  const located = targetAddress(to, family);
  if ("problem" in located) return undefined;
  const base = { ...placeOf(from), to: located.to, timeout: check.timeout, family };
  const port = check.port ?? 80;
  switch (check.protocol) {
    case "icmp":
      return { kind: "ping", ...base, count: 1, df: false };
    case "http":
      return { kind: "http", ...base, port, method: "GET", path: "/", headers: {} };
    case "tcp":
    case "udp":
    case "sctp":
      return { kind: check.protocol, ...base, port };
  }
}

/** All at once, in one call. */
async function probeCells(
  cells: readonly ReachCell[],
  context: RunContext,
  { arrival }: ReachCheck,
  timeout: number,
): Promise<void> {
  const wanted = cells.flatMap((cell) =>
    cell.probe === undefined ? [] : [{ cell, probe: { ...cell.probe, timeout } }],
  );
  if (wanted.length === 0) return;
  const { results } = await context.client.call("probe", { probes: wanted.map(({ probe }) => probe) });
  for (const [index, { cell, probe }] of wanted.entries()) cell.result = arrived(probe, results[index], arrival);
}

/** The packet has arrived, which is what counts: at a pod that refuses it, or at a kernel that reports that it has no SCTP. */
function arrived(probe: Probe, result: ProbeResult | undefined, arrival = false): ProbeResult | undefined {
  if (probe.kind === "sctp" && result?.error === "ENOPROTOOPT") return { ...result, outcome: "open" };
  return arrival && result?.outcome === "refused" && result.denied === undefined
    ? { ...result, outcome: "open" }
    : result;
}

/**
 * Cells that must not be open are tested once more, after the working ones have answered; a second silence need not last as long:
 * several times the slowest answer of this matrix. False when one of them has changed.
 */
async function confirmNegatives(cells: readonly ReachCell[], context: RunContext, check: ReachCheck): Promise<boolean> {
  const unsure = cells.filter((cell) =>
    check.expectFailure ? surprising(cell) : !surprising(cell) && cell.expected !== "open",
  );
  if (unsure.length === 0) return true;
  // A matrix in which something must work is itself part of what `settled` waits for.
  if (context.negative || check.expectFailure) await context.settled();
  const slowest = Math.max(0, ...cells.map((cell) => (cell.result?.outcome === "open" ? cell.result.ms : 0)));
  const answered = cells.some((cell) => cell.result?.outcome === "open");
  await probeCells(
    unsure,
    context,
    check,
    answered ? Math.min(check.timeout, Math.max(250, slowest * 20)) : check.timeout,
  );
  return unsure.every((cell) => (check.expectFailure ? surprising(cell) : !surprising(cell)));
}

function surprising(cell: ReachCell): boolean {
  return isSurprise({ expected: cell.expected, got: outcomeOf(cell) });
}

/**
 * Many silences where answers were expected: what a neighbour table that overflows looks like (arp(7)). A guess, only
 * where the kernel's own count cannot be seen, see overflowNote().
 */
function crowded(surprised: readonly ReachCell[]): boolean {
  if (tableFulls() !== undefined) return false;
  const silent = surprised.filter(
    (cell) => cell.expected === "open" && (outcomeOf(cell) === "timeout" || outcomeOf(cell) === "unreachable"),
  );
  return silent.length >= CROWD;
}

/** For a matrix, a packet too big for its path is unreachable. */
function outcomeOf(cell: ReachCell): Outcome | undefined {
  const outcome = cell.result?.outcome;
  return outcome === "toobig" ? "unreachable" : outcome;
}

function toMatrix(check: ReachCheck, cells: readonly ReachCell[]): Matrix {
  const rows = check.from.map(() =>
    check.to.map((): { expected: Outcome | undefined; got: Outcome | undefined } => ({
      expected: undefined,
      got: undefined,
    })),
  );
  for (const cell of cells) {
    const row = rows[cell.i];
    if (row !== undefined) row[cell.j] = { expected: cell.expected, got: outcomeOf(cell) };
  }
  return { from: check.from.map((target) => target.text), to: check.to.map((target) => target.text), cells: rows };
}

function toAttempt(check: ReachCheck, cell: ReachCell, family: Family): CheckAttempt {
  const from = check.from[cell.i]?.text ?? "?";
  const to = check.to[cell.j]?.text ?? "?";
  const got =
    cell.result === undefined
      ? `${to} has no ${FAMILY_NAMES[family]} address`
      : `${formatOutcome(cell.result, check.timeout)}${cell.verdict === undefined ? "" : `; ${formatVerdicts(cell.verdict, cell.rules, cell.result)}`}`;
  return {
    label: `${from} → ${to}${check.families.length > 1 ? ` (${family})` : ""}`,
    ok: !surprising(cell) && !contradicting(cell),
    got,
    probe: cell.result,
  };
}

function expectation(check: ReachCheck): string {
  const wanted = check.expect.flat().filter((outcome) => outcome !== null);
  const counts = tally(wanted.map((outcome) => ({ expected: outcome, got: outcome })));
  const port = check.protocol === "icmp" ? "icmp" : `${check.protocol} port ${check.port ?? 80}`;
  return `${check.from.length} × ${check.to.length} on ${port}: ${counts} ${within(check)}`;
}
