/** Impairments: a device has one root qdisc, so one that limits its rate goes first. */
import type { NetemResource } from "./definition.ts";
import { changed, difference, ids, MISSING, type KindPlan } from "../kind.ts";

const FIGURES = ["delay", "jitter", "loss", "corrupt", "duplicate", "reorder", "limit"] as const;
/** Shares are kept as 32 bits, times as nanoseconds: they are read back as they were written. */
const ROUNDED = 1000;

export const netemPlan: KindPlan<NetemResource> = {
  dependencies(netem, index) {
    const home = ids(index.device(netem.ns, netem.dev) ?? index.netns(netem.ns));
    return { needs: home, diesWith: home };
  },
  claims: ({ ns, dev }) => [`root qdisc ${ns} ${dev}`, `impairment ${ns} ${dev}`],
  compare(netem, observed) {
    const found = observed
      .namespace(netem.ns)
      ?.state.qdiscs.find(({ dev, kind }) => dev === netem.dev && kind === "netem");
    const actual = found?.netem;
    if (actual === undefined) return MISSING;
    const round = (value: number): number => Math.round(value * ROUNDED) / ROUNDED;
    return changed(FIGURES.flatMap((name) => difference(name, round(actual[name]), round(netem[name]))));
  },
  replaces: () => false,
};
