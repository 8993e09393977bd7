/** An nftables table: what is there is compared with what nft listed right after it was applied. */
import { changed, ids, MISSING } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import type { NftResource } from "../resource.ts";

export function nftTableKey(nft: Pick<NftResource, "family" | "table">): string {
  return `${nft.family} ${nft.table}`;
}

export const nftKind: KindPlan<"nft"> = {
  dependencies(nft, index) {
    const home = ids(index.netns(nft.ns));
    return { needs: home, diesWith: home };
  },
  compare(nft, observed) {
    const key = nftTableKey(nft);
    const applied = observed.state.applied[nft.id];
    const listed = observed.namespace(nft.ns)?.state.nft?.[key];
    if (applied?.kind !== "nft" || listed === undefined) return MISSING;
    const after = observed.state.iptablesAfterApply[nft.id]?.[key];
    if (after === undefined) return changed(["not known whether it was applied"]);
    const missing = after.filter((line) => !listed.includes(line));
    if (missing.length === 1) return changed([`${missing[0]?.trim() ?? ""} is missing`]);
    if (missing.length > 1) return changed([`${missing.length} of ${after.length} lines are missing`]);
    return after.length === listed.length
      ? changed([])
      : changed([`${listed.length} lines, should be ${after.length}`]);
  },
  replaces: () => false,
  // Only a table that is as it was left can be changed part by part; any other is made anew.
  present(applied, observed) {
    const key = nftTableKey(applied);
    const after = observed.state.iptablesAfterApply[applied.id]?.[key];
    const listed = observed.namespace(applied.ns)?.state.nft?.[key];
    const untouched = after !== undefined && listed?.join("\n") === after.join("\n");
    return untouched ? applied : { ...applied, objects: [] };
  },
};
