/** rejected: nothing is behind this address and port; refused at once, or dropped without an answer. */
import type { RejectedCheck } from "./resolve.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { formatServiceDestination, runComparisons } from "../service/comparison.ts";
import { within } from "../wording.ts";

export async function run(check: RejectedCheck, context: RunContext): Promise<CheckFinding> {
  const { how } = check.expect;
  return runComparisons(check, context, {
    expected: `${formatServiceDestination(check)} ${how === "reject" ? "is refused at once" : "is dropped without an answer"} ${within(check)}`,
    negative: true,
    connections: () => 1,
    judge: ({ oracle, packets, text }) => ({ ok: oracle.kind === how && packets.kind === how, got: text }),
  });
}
