/**
 * Attachments: plugins are called when the node is ready. What they made is adopted as resources of its own (live/adopt.ts), which an
 * attachment needs, so that DEL comes before anything of it is removed.
 */
import { deviceClaim } from "../link-settings.ts";
import type { CniResource } from "./definition.ts";
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const cniPlan: KindPlan<CniResource> = {
  dependencies({ id, ns, podNs, ifName }, index) {
    const homes = ids(index.netns(ns), index.netns(podNs));
    const inPod = index.environment(podNs).filter((one) => one.startsWith("addr:"));
    const made = ids(index.device(podNs, ifName));
    const ready = [...index.environment(ns), ...index.nsSysctls(ns), ...index.nsSysctls(podNs)];
    return { needs: [...homes, ...ready, ...inPod, ...made].filter((one) => one !== id), diesWith: homes };
  },
  claims: ({ podNs, ifName }) => [deviceClaim(podNs, ifName)],
  compare: ({ id }, observed) => (observed.running.has(id) ? SAME : { ...MISSING, reason: "not attached" }),
  replaces: () => true,
};
