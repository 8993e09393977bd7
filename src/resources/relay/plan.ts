/** Relays: they go with the device whose packets they keep. */
import type { RelayResource } from "./definition.ts";
import { ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const relayPlan: KindPlan<RelayResource> = {
  dependencies(relay, index) {
    const home = ids(index.device(relay.ns, relay.dev) ?? index.netns(relay.ns));
    return { needs: home, diesWith: home };
  },
  claims: ({ ns, dev }) => [`impairment ${ns} ${dev}`],
  compare: (relay, observed) => (observed.running.has(relay.id) ? SAME : { ...MISSING, reason: "not running" }),
  replaces: () => false,
};
