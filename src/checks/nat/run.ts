/** nat: what becomes of source and destination of a connection to a Service. */
import { canonicalAddress } from "../../net/families.ts";
import type { NatCheck } from "./resolve.ts";
import type { Family } from "../../net/family.ts";
import { formatDestination, locate, sameAddress } from "../destination.ts";
import type { CheckFinding, RunContext } from "../kind.ts";
import type { LegLook } from "../leg.ts";
import { endpointsDiffer, namesOf } from "../service/endpoint-names.ts";
import { leavesPodNetwork } from "../service/deciding-node.ts";
import { formatServiceDestination, runComparisons, type Comparison } from "../service/comparison.ts";
import { within } from "../wording.ts";

/** Per endpoint; all but surely each of a few is met. */
const PER_ENDPOINT = 8;

export async function run(check: NatCheck, context: RunContext): Promise<CheckFinding> {
  const { source, endpoints } = check.expect;
  const parts = [
    endpoints === undefined ? "is translated to an endpoint" : `is translated to ${namesOf(endpoints)}`,
    source === undefined
      ? ""
      : source === "client"
        ? ", source kept"
        : source === "masqueraded"
          ? ", source replaced by the node's"
          : `, with source ${formatDestination(source)}`,
  ];
  return runComparisons(check, context, {
    expected: `a connection to ${formatServiceDestination(check)} ${parts.join("")} ${within(check)}`,
    negative: false,
    connections: (oracle) => (oracle.kind === "endpoints" ? oracle.masqueraded.size * PER_ENDPOINT : 1),
    judge: (comparison, family) => judge(comparison, check, family),
  });
}

function judge(comparison: Comparison, check: NatCheck, family: Family): LegLook {
  const { oracle, results, text } = comparison;
  const [first] = results;
  const fail = (got: string): LegLook => ({ ok: false, got, ...(first === undefined ? {} : { probe: first }) });
  if (oracle.kind !== "endpoints") return fail(text);
  const differs = endpointsDiffer(comparison, check.expect.endpoints, family);
  if (differs !== undefined) return fail(differs);
  const sources = [...new Set(results.map((result) => result.sourceIP ?? "?"))];
  const seen = `${text}; source seen by the backends: ${sources.join(", ")}`;
  const { source } = check.expect;
  if (source === "client" || source === "masqueraded") {
    const replaced = source === "masqueraded";
    const { place } = comparison;
    const client = canonicalAddress(place.packet.from.address);
    // Beyond the pod network it is the network plugin that replaces the source, and only the packets show it.
    const wrong = [...oracle.masqueraded].some(([endpoint, masqueraded]) =>
      leavesPodNetwork(place, endpoint)
        ? results.some(
            (one) => one.server === endpoint && (canonicalAddress(one.sourceIP ?? "") !== client) !== replaced,
          )
        : masqueraded !== replaced,
    );
    return wrong ? fail(seen) : { ok: true, got: seen };
  }
  if (source === undefined) return { ok: true, got: seen };
  const located = locate(source, family);
  if ("problem" in located) return fail(located.problem);
  return sources.every((address) => sameAddress(address, located)) ? { ok: true, got: seen } : fail(seen);
}
