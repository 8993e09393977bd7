/** nftables tables of our own. */
import type { Family } from "../../net/family.ts";
import { FAMILIES } from "../../net/families.ts";
import { NFT_FAMILY } from "../nft-table.ts";
import type { NftObject } from "../nft-table.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { nftEncoder } from "./encode.ts";
import { nftPlan } from "./plan.ts";
import { ruleSetEdits } from "../iptables/rule-set.ts";

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
}

export const nftDefinition: ResourceDefinition<NftResource> = {
  kind: "nft",
  lives: "kernel",
  speed: "tool",
  takenWhole: true,
  script: "own",
  key: ({ family, table }) => [family, table],
  describe({ family, table, objects }) {
    const chains = objects.filter(({ kind }) => kind === "chain").length;
    return `nft table ${NFT_FAMILY[family]} ${table}: ${chains} chains, ${objects.length - chains} sets and maps`;
  },
  heading: (_resource, described) => described.split(":", 1)[0] ?? "",
  provide({ id, ns }, index) {
    index.addRules(ns, id);
  },
  translates: ({ family }) => (family === "inet" ? FAMILIES : family === "netdev" ? [] : [family]),
  requirements: ({ family }) =>
    family === "netdev" ? [{ use: "a fault of packets on a device", feature: "nft netdev", module: "nf_tables" }] : [],
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
