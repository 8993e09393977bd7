/** nftables tables of our own. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import { FAMILIES } from "../../net/families.ts";
import { NFT_FAMILY } from "../nft-table.ts";
import type { NftObject } from "../nft-table.ts";
import type { DeviceHook, ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { nftEncoder } from "./encode.ts";
import { nftPlan } from "./plan.ts";
import { ruleSetEdits } from "../iptables/rule-set.ts";
import type { RuleOwner } from "../rule-owners.ts";

/** `inet`: one table for both; `netdev`: what a device takes in and gives out. */
export type NftFamily = Family | "inet" | "netdev";

/** One nftables table in one family that is ours as a whole. */
export interface NftResource extends ResourceBase {
  readonly kind: "nft";
  readonly family: NftFamily;
  readonly table: string;
  readonly comment?: string | undefined;
  /** Of family netdev: where its chains are hooked; it goes with that. */
  readonly device?: string | undefined;
  /** Of an observed one: others have changed it, so the whole table is recreated. */
  readonly touched?: boolean | undefined;
  readonly objects: readonly NftObject[];
  /** As it is planned. */
  readonly owner?: RuleOwner | undefined;
}

/** `vmap @service-ips`: the element of the map caused it, not the rule that looks it up. */
function elementCause(objects: NftResource["objects"], name: string | undefined, effect?: string): Cause | undefined {
  const map = objects.find((object) => object.kind === "map" && object.name === name);
  if (effect === undefined || map === undefined || map.kind === "chain") return undefined;
  return map.elements.find((element) => element.text.endsWith(`: ${effect}`))?.cause;
}

export const nftDefinition: ResourceDefinition<NftResource> = {
  kind: "nft",
  lives: "kernel",
  // Its digests cover what nft(8) stores for itself.
  byAgentOnly: true,
  speed: "tool",
  takenWhole: true,
  metAt: "netfilter",
  hooks: ({ device, table, objects }) =>
    objects.flatMap((one): DeviceHook[] => {
      if (device === undefined || one.kind !== "chain") return [];
      const direction = one.hook?.includes(" ingress ") === true ? "in" : "out";
      return [{ device, direction, chain: { table: `netdev ${table}`, name: one.name } }];
    }),
  script: "own",
  key: ({ family, table }) => [family, table],
  describe({ family, table, objects }) {
    const chains = objects.filter(({ kind }) => kind === "chain").length;
    return `nft table ${NFT_FAMILY[family]} ${table}: ${chains} chains, ${objects.length - chains} sets and maps`;
  },
  heading: (_resource, described) => described.split(":", 1)[0] ?? "",
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  ruleCause({ family, table, objects }, place) {
    if ((family !== place.family && family !== "inet") || table !== place.table) return undefined;
    if (place.chain.startsWith("map ")) return elementCause(objects, place.chain.slice(4), place.effect);
    const chain = objects.find(({ kind, name }) => kind === "chain" && name === place.chain);
    if (chain?.kind !== "chain") return undefined;
    const map = / vmap @(\S+)/.exec(place.rule)?.[1];
    return elementCause(objects, map, place.effect) ?? chain.rules[place.index]?.cause;
  },
  translates: ({ family }) => (family === "inet" ? FAMILIES : family === "netdev" ? [] : [family]),
  requirements: ({ family }) =>
    family === "netdev"
      ? [{ use: "rules for the packets of a device", feature: "nft netdev", module: "nf_tables" }]
      : [],
  parts: ({ objects }) =>
    objects.flatMap((object) =>
      (object.kind === "chain" ? object.rules : object.elements).map(({ text, cause }) => ({
        text: `${object.name} ${object.kind === "chain" ? text : `{ ${text} }`}`,
        cause,
      })),
    ),
  edits: ruleSetEdits,
  plan: nftPlan,
  encode: nftEncoder,
};
