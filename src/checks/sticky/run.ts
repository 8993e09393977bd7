/** sticky: each client keeps its endpoint (sessionAffinity: ClientIP). */
import type { StickyCheck } from "./resolve.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import type { LegLook } from "../leg.ts";
import { formatServiceDestination, runComparisons, type Comparison } from "../service/comparison.ts";
import { within } from "../wording.ts";

export async function run(check: StickyCheck, context: RunContext): Promise<CheckFinding> {
  const { seconds } = check.expect;
  return runComparisons(check, context, {
    expected: `every client of ${formatServiceDestination(check)} keeps its endpoint${seconds === undefined ? "" : ` for ${seconds} s`} ${within(check)}`,
    negative: false,
    connections: () => check.connections,
    judge: (comparison) => judge(comparison, check),
  });
}

function judge(comparison: Comparison, check: StickyCheck): LegLook {
  const { oracle, results, ways, frontend, text } = comparison;
  const [first] = results;
  const fail = (got: string): LegLook => ({ ok: false, got, ...(first === undefined ? {} : { probe: first }) });
  if (oracle.kind !== "endpoints") return fail(text);
  const asked = frontend?.service.affinitySeconds;
  const installed = ways.affinitySeconds;
  const servers = [...new Set(results.map((result) => result.server ?? "?"))];
  const all = `Kubernetes: ${asked === undefined ? "no affinity" : `${asked} s`}; rules: ${installed === undefined ? "no affinity" : `${installed} s`}; packets: ${results.length} connections to ${servers.join(", ")}`;
  if (asked === undefined || installed !== asked || servers.length !== 1) return fail(all);
  if (check.expect.seconds !== undefined && check.expect.seconds !== asked) return fail(all);
  return { ok: true, got: all };
}
