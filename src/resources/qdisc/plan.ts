/** Rate limits. The kernel keeps burst and latency as ticks and bytes, so they are read back slightly different. */
import type { QdiscResource } from "./definition.ts";
import { changed, difference, ids, MISSING, type KindPlan } from "../kind.ts";

function near(actual: number | undefined, wanted: number): boolean {
  return actual === undefined || Math.abs(actual - wanted) <= Math.max(1, wanted * 0.05);
}

export const qdiscPlan: KindPlan<QdiscResource> = {
  dependencies(qdisc, index) {
    const home = ids(index.device(qdisc.ns, qdisc.dev) ?? index.netns(qdisc.ns));
    return { needs: home, diesWith: home };
  },
  claims: ({ ns, dev }) => [`root qdisc ${ns} ${dev}`],
  compare(qdisc, observed) {
    const actual = observed.namespace(qdisc.ns)?.state.qdiscs.find((it) => it.dev === qdisc.dev && it.kind === "tbf");
    if (actual === undefined) return MISSING;
    return changed([
      ...(near(actual.rate, qdisc.rate) ? [] : difference("rate", actual.rate, qdisc.rate)),
      ...(near(actual.burst, qdisc.burst) ? [] : difference("burst", actual.burst, qdisc.burst)),
      ...(near(actual.latency, qdisc.latency) ? [] : difference("latency", actual.latency, qdisc.latency)),
    ]);
  },
  replaces: () => false,
};
