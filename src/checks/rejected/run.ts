/** rejected: nobody is there for this address and port; refused at once, or dropped without an answer. */
import type { RejectedCheck } from "../../lab/check.ts";
import type { CheckContext, Finding, Kind } from "../kind.ts";
import { formatServiceDestination, runHearings } from "../service/voices.ts";
import { within } from "../wording.ts";

export const rejected = {
  phase: "traffic",
  negative: () => true,
  run: runRejected,
} as const satisfies Kind<"rejected">;

async function runRejected(check: RejectedCheck, context: CheckContext): Promise<Finding> {
  const { how } = check.expect;
  return runHearings(check, context, {
    expected: `${formatServiceDestination(check)} ${how === "reject" ? "is refused at once" : "is dropped without an answer"} ${within(check)}`,
    negative: true,
    connections: () => 1,
    judge: ({ oracle, packets, text }) => ({ ok: oracle.kind === how && packets.kind === how, got: text }),
  });
}
