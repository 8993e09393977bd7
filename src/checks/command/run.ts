/** command: a program run in the namespace; exit code and output. */
import { shellLine } from "../../net/shell-word.ts";
import type { RunResult } from "../../apply/run-result.ts";
import type { CommandCheck } from "./resolve.ts";
import { podEnv } from "../../targets/pod-env.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatNamespace } from "../../net/place.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { runLegs, type Leg, type LegLook } from "../leg.ts";
import { execCommand } from "../reproduce.ts";
import { describeTextMatch, textMatches } from "../text-match.ts";
import { formatMilliseconds, quote, within } from "../wording.ts";

export async function run(check: CommandCheck, context: RunContext): Promise<CheckFinding> {
  const line = shellLine(...check.argv);
  // A command has no family: one leg per source.
  const legs = check.from.map((from): Leg => ({
    label: `${formatNamespace(from.ns)}: ${line}`,
    reproduce: execCommand(context.lab, placeOf(from), check.argv),
    look: async () => {
      const { argv, timeout } = check;
      const env = podEnv(context.lab, from);
      return judgeCommand(await context.client.call("run", { ...placeOf(from), argv, env, timeout }), check);
    },
  }));
  return runLegs(check, context, legs, {
    expected: expectation(check, line),
    negative: context.negative,
    overlap: false,
  });
}

function expectation(check: CommandCheck, line: string): string {
  const { exitCode, stdout, stderr } = check.expect;
  const details = [
    stdout === undefined ? undefined : `output that ${describeTextMatch(stdout)}`,
    stderr === undefined ? undefined : `error output that ${describeTextMatch(stderr)}`,
  ].filter((detail) => detail !== undefined);
  return `${line} exits with code ${exitCode}${details.length === 0 ? "" : ` and ${details.join(" and ")}`} ${within(check)}`;
}

export function judgeCommand(result: RunResult, check: Pick<CommandCheck, "expect" | "timeout">): LegLook {
  const { exitCode, stdout, stderr } = check.expect;
  if (result.timedOut)
    return { ok: false, got: `did not end within ${formatMilliseconds(check.timeout)}; \`timeout\` allows more time` };
  const ended = result.exitCode === null ? `killed by ${result.signal ?? "a signal"}` : `exit code ${result.exitCode}`;
  const output = [
    stdout === undefined && result.exitCode === exitCode
      ? undefined
      : result.stdout.trim() === ""
        ? "no output"
        : `output ${quote(result.stdout)}`,
    result.stderr.trim() === "" ? undefined : `error output ${quote(result.stderr)}`,
    result.cut === true ? "only the first MiB of its output is examined" : undefined,
  ].filter((one) => one !== undefined);
  const ok =
    result.exitCode === exitCode &&
    (stdout === undefined || textMatches(result.stdout, stdout)) &&
    (stderr === undefined || textMatches(result.stderr, stderr));
  return { ok, got: [ended, ...output].join(", ") };
}
