/** balanced: many connections to a Service are spread across its endpoints, each as often as the others within chance. */
import type { BalancedCheck } from "./resolve.ts";
import { chiSquare, chiSquareLimit } from "../service/chi-square.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import type { LegLook } from "../leg.ts";
import { within } from "../wording.ts";
import { endpointsDiffer, namesOf } from "../service/endpoint-names.ts";
import { formatServiceDestination, runComparisons, type Comparison } from "../service/comparison.ts";

/** This many per endpoint distinguish a wrong probability (1/2, 1/4, 1/4) from chance. */
const PER_ENDPOINT = 100;
const FEWEST = 200;
/** A rule's probability is printed with ten decimals. */
const PROBABILITY_TOLERANCE = 1e-6;

export async function run(check: BalancedCheck, context: RunContext): Promise<CheckFinding> {
  return runComparisons(check, context, {
    expected: `connections to ${formatServiceDestination(check)} are spread evenly over ${check.expect.endpoints === undefined ? "its endpoints" : namesOf(check.expect.endpoints)} ${within(check)}`,
    negative: false,
    connections: (oracle) =>
      check.connections ?? Math.max(FEWEST, oracle.kind === "endpoints" ? oracle.masqueraded.size * PER_ENDPOINT : 1),
    judge: (comparison, family) => judge(comparison, endpointsDiffer(comparison, check.expect.endpoints, family)),
  });
}

/** Chances of each endpoint by the rules. */
function unevenRules({ ways }: Comparison): string | undefined {
  const chances = new Map<string, number>();
  for (const { end, probability } of ways.ways) {
    if (end.kind === "endpoint") chances.set(end.endpoint, (chances.get(end.endpoint) ?? 0) + probability);
  }
  const fair = 1 / chances.size;
  const wrong = [...chances].find(([, chance]) => Math.abs(chance - fair) > PROBABILITY_TOLERANCE);
  return wrong === undefined
    ? undefined
    : `the rules give ${wrong[0]} ${(wrong[1] * 100).toFixed(1)} % of the connections instead of ${(fair * 100).toFixed(1)} %`;
}

function judge(comparison: Comparison, differs: string | undefined): LegLook {
  const { oracle, results, ways, text } = comparison;
  if (oracle.kind !== "endpoints") return { ok: false, got: text };
  if (differs !== undefined) return { ok: false, got: differs };
  const uneven = unevenRules(comparison);
  if (uneven !== undefined) return { ok: false, got: uneven };
  const counts = new Map([...oracle.masqueraded.keys()].map((endpoint) => [endpoint, 0]));
  for (const { server } of results) if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
  const shares = [...counts].map(([endpoint, count]) => `${endpoint} ${count}`).join(", ");
  if (ways.affinitySeconds !== undefined || comparison.frontend?.service.affinitySeconds !== undefined)
    return {
      ok: false,
      got: `${shares} of ${results.length}: the Service has sessionAffinity ClientIP, a client keeps its endpoint`,
    };
  if (counts.size === 1) return { ok: true, got: `${shares} of ${results.length}: there is one endpoint` };
  const value = chiSquare([...counts.values()]);
  const limit = chiSquareLimit(counts.size - 1);
  const verdict = `${shares} of ${results.length} (chi-square ${value.toFixed(1)}, chance explains up to ${limit.toFixed(1)})`;
  return { ok: value <= limit, got: verdict };
}
