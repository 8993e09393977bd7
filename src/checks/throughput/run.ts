/** throughput: iperf3 from source to target, compared with the limits. */
import type { RunContext, CheckFinding } from "../kind.ts";
import { formatNamespace } from "../../net/place.ts";
import type { RunResult } from "../../apply/run-result.ts";
import type { ThroughputCheck } from "./resolve.ts";
import { placeOf } from "../../targets/target-place.ts";
import { locate } from "../destination.ts";
import { legLabel, runLegs, sourceLegs, type LegLook } from "../leg.ts";
import { execCommand } from "../reproduce.ts";
import { quote, within } from "../wording.ts";

const FIRST_PORT = 5201;
/** What connecting and reporting may take besides the measured seconds. */
const MARGIN = 4000;

export async function run(check: ThroughputCheck, context: RunContext): Promise<CheckFinding> {
  const expected = expectation(check);
  const [source] = check.from;
  const there =
    source === undefined
      ? undefined
      : await context.client
          .call("run", { ns: source.ns, argv: ["iperf3", "--version"], timeout: 5000 })
          .catch(() => undefined);
  if (there === undefined || there.exitCode !== 0) {
    return {
      ok: false,
      expected,
      got: "not measured",
      attempts: [],
      skipped: "iperf3 is not installed (apt-get install iperf3)",
    };
  }
  let port = FIRST_PORT;
  // One after another: they would share the machine, and perhaps the link.
  let previous: Promise<unknown> = Promise.resolve();
  const legs = sourceLegs(check, (from, family) => {
    const label = legLabel(check, from, check.to.target.text, family);
    const located = locate(check.to, family);
    if ("problem" in located)
      return { label, family, problem: located.problem, look: () => Promise.reject(new Error(located.problem)) };
    const client = (p: number): string[] => [
      "iperf3",
      "-c",
      located.to,
      "-p",
      String(p),
      "-t",
      String(check.seconds),
      "--connect-timeout",
      String(check.timeout),
    ];
    return {
      label,
      family,
      reproduce: execCommand(context.lab, placeOf(from), client(FIRST_PORT)),
      look: () => {
        const measured = previous.then(() => measure(context, check, from.ns, client, port++));
        previous = measured.catch(() => undefined);
        return measured;
      },
    };
  });
  return runLegs(check, context, legs, { expected, negative: false, overlap: false });
}

async function measure(
  context: RunContext,
  check: ThroughputCheck,
  ns: string,
  client: (port: number) => string[],
  port: number,
): Promise<LegLook> {
  const timeout = check.seconds * 1000 + MARGIN;
  const ended = { server: false };
  const server = context.client
    .call("run", { ns: check.to.target.ns, argv: ["iperf3", "-s", "-1", "-p", String(port)], timeout })
    .finally(() => (ended.server = true));
  server.catch(() => undefined); // the client's result counts
  let result: RunResult;
  const giveUp = performance.now() + Math.max(check.timeout, 1000);
  do {
    result = await context.client.call("run", { ns, argv: [...client(port), "-J"], timeout });
    // Refused: the server has not begun to listen yet.
  } while (
    /refused/i.test(result.stdout + result.stderr) &&
    performance.now() < giveUp &&
    !ended.server &&
    !context.signal.aborted
  );
  return judgeThroughput(result, check);
}

/** Reads iperf3's JSON: what the receiver got counts. */
export function judgeThroughput(result: RunResult, check: Pick<ThroughputCheck, "expect">): LegLook {
  let report: { error?: string; end?: { sum_received?: { bits_per_second?: number } } };
  try {
    report = JSON.parse(result.stdout) as typeof report;
  } catch {
    return { ok: false, got: `iperf3 failed: ${quote(result.stderr === "" ? result.stdout : result.stderr)}` };
  }
  const bps = report.end?.sum_received?.bits_per_second;
  if (bps === undefined || report.error !== undefined)
    return { ok: false, got: `iperf3 failed: ${report.error ?? "no measurement"}` };
  const { min, max } = check.expect;
  return { ok: (min === undefined || bps >= min) && (max === undefined || bps <= max), got: formatRate(bps) };
}

/** Bits per second as tc writes them: `9.7 Mbit/s`. */
export function formatRate(bps: number): string {
  const units = [
    ["Gbit/s", 1e9],
    ["Mbit/s", 1e6],
    ["kbit/s", 1e3],
  ] as const;
  for (const [unit, factor] of units) if (bps >= factor) return `${Number((bps / factor).toPrecision(3))} ${unit}`;
  return `${Math.round(bps)} bit/s`;
}

function expectation(check: ThroughputCheck): string {
  const { min, max } = check.expect;
  const range =
    min !== undefined && max !== undefined
      ? `between ${formatRate(min)} and ${formatRate(max)}`
      : min !== undefined
        ? `at least ${formatRate(min)}`
        : max !== undefined
          ? `at most ${formatRate(max)}`
          : "any throughput";
  return `${range} from ${check.from.map((from) => formatNamespace(from.ns)).join(", ")} to ${check.to.target.text} ${within(check)}`;
}
