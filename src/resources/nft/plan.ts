/**
 * An nftables table of ours. Its current state is compared with that right after it was applied, by digests; sets that
 * rules fill are only compared by existence.
 */
import type { NftObject } from "../nft-table.ts";
import { changed, ids, MISSING, type KindPlan } from "../kind.ts";
import type { ObservedIndex } from "../observed-index.ts";
import { FAMILIES } from "../../net/families.ts";
import { CALICO_TABLE, POLICY_TABLE, policyDuty, SERVICE_TABLE, serviceDuty } from "../policy-names.ts";
import type { NftResource } from "./definition.ts";

type Lines = Readonly<Record<string, readonly string[]>>;

function observedTable(resource: NftResource, observed: ObservedIndex): Lines | undefined {
  return observed.namespace(resource.ns)?.state.nft?.[resource.family]?.[resource.table];
}

/** As in ObservedNft. */
function objectKey(object: NftObject): string {
  return `${object.kind} ${object.name}`;
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((line, index) => line === b[index]);
}

export const nftPlan: KindPlan<NftResource> = {
  dependencies(nft, index) {
    const device = nft.device === undefined ? undefined : index.device(nft.ns, nft.device);
    const home = ids(index.netns(nft.ns), device);
    return { needs: home, diesWith: home };
  },
  compare(nft, observed) {
    const applied = observed.state.applied[nft.id];
    const after = observed.state.iptablesAfterApply[nft.id];
    const actual = observedTable(nft, observed);
    if (applied?.kind !== "nft" || actual === undefined) return MISSING;
    // The agent died between journal and kernel: filled again from scratch.
    if (after === undefined) return changed(["not known whether it was applied"]);
    const broken = applied.objects.filter((object) => !same(after[objectKey(object)], actual[objectKey(object)]));
    const strange = Object.keys(actual).filter((key) => after[key] === undefined);
    return changed([
      ...broken.map((object) =>
        actual[objectKey(object)] === undefined
          ? `${objectKey(object)} is missing`
          : `${objectKey(object)} was changed`,
      ),
      ...strange.map((key) => `${key} does not belong to the lab`),
    ]);
  },
  rulesAbout({ objects }, difference) {
    const object = objects.find((one) => difference.startsWith(`${objectKey(one)} `));
    if (object === undefined || (object.kind === "chain" && object.hook !== undefined)) return undefined;
    return (object.kind === "chain" ? object.rules : object.elements).map(({ text }) => text);
  },
  replaces: () => false,
  upholds: ({ ns, table, family }) => {
    if (table === POLICY_TABLE) return FAMILIES.map((one) => policyDuty(ns, one));
    if (family === "inet" || family === "netdev") return [];
    return table === SERVICE_TABLE ? [serviceDuty(ns, family)] : table === CALICO_TABLE ? [policyDuty(ns, family)] : [];
  },
  present(applied, observed) {
    const after = observed.state.iptablesAfterApply[applied.id];
    const actual = observedTable(applied, observed);
    const whole =
      after !== undefined &&
      actual !== undefined &&
      Object.keys(actual).length === applied.objects.length &&
      applied.objects.every((object) => same(after[objectKey(object)], actual[objectKey(object)]));
    return whole ? applied : { ...applied, touched: true };
  },
};
