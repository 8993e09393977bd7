/** What plugins made is compared with what is there; only they can make devices and tables again. */
import type { AdoptedResource } from "./definition.ts";
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import type { ObservedIndex } from "../observed-index.ts";

function isThere({ ns, part }: AdoptedResource, observed: ObservedIndex): boolean {
  const there = observed.namespace(ns);
  if (there === undefined) return false;
  const { state } = there;
  switch (part.type) {
    case "rule":
      return state.iptables[part.family]?.[part.table]?.[part.chain]?.rules.includes(part.rule) === true;
    case "chain":
      return state.iptables[part.family]?.[part.table]?.[part.chain] !== undefined;
    case "nft":
      return state.nftTables?.includes(part.table) === true;
    case "device":
      return there.links.has(part.name);
    case "qdisc":
      return state.qdiscs.some(({ dev, kind }) => dev === part.dev && kind === part.qdisc);
  }
}

export const adoptedPlan: KindPlan<AdoptedResource> = {
  dependencies({ ns }, index) {
    const home = ids(index.netns(ns));
    return { needs: home, diesWith: home };
  },
  compare: (resource, observed) => (isThere(resource, observed) ? SAME : MISSING),
  replaces: () => false,
};
