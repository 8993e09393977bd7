/** UDP ports of tunnels: known by family and number. */
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import type { FouResource } from "./definition.ts";

export const fouPlan: KindPlan<FouResource> = {
  dependencies({ ns }, index) {
    const home = ids(index.netns(ns));
    return { needs: home, diesWith: home };
  },
  claims: ({ ns, family, port }) => [`${ns} fou ${family} ${port}`],
  compare({ ns, family, port }, observed) {
    const there = observed.namespace(ns)?.state.fou ?? [];
    return there.some((one) => one.family === family && one.port === port) ? SAME : MISSING;
  },
  replaces: () => false,
};
