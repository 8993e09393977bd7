/** Sets of addresses: compared entry by entry with what `ipset save` shows. */
import { changed, difference, ids, MISSING, type KindPlan } from "../kind.ts";
import type { ObservedIndex } from "../observed-index.ts";
import type { IpsetResource } from "./definition.ts";

function observedSet(
  ipset: IpsetResource,
  observed: ObservedIndex,
): { readonly type: string; readonly entries: readonly string[] } | undefined {
  return observed.namespace(ipset.ns)?.state.ipsets?.[ipset.name];
}

/** One entry by name, several by number. */
function entriesText(verb: string, entries: readonly string[]): readonly string[] {
  if (entries.length === 0) return [];
  return [entries.length === 1 ? `${entries[0] ?? ""} ${verb}` : `${entries.length} entries ${verb}`];
}

export const ipsetPlan: KindPlan<IpsetResource> = {
  dependencies(ipset, index) {
    const home = ids(index.netns(ipset.ns));
    return { needs: home, diesWith: home };
  },
  compare(ipset, observed) {
    const actual = observedSet(ipset, observed);
    if (actual === undefined) return MISSING;
    if (actual.type !== ipset.type) return changed(difference("type", actual.type, ipset.type), true);
    const wanted = new Set(ipset.entries);
    const there = new Set(actual.entries);
    return changed([
      ...entriesText(
        "missing",
        ipset.entries.filter((entry) => !there.has(entry)),
      ),
      ...entriesText(
        "too many",
        actual.entries.filter((entry) => !wanted.has(entry)),
      ),
    ]);
  },
  replaces: (before, after) =>
    before.type !== after.type || before.family !== after.family || before.timeout !== after.timeout,
  present: (applied, observed) => ({ ...applied, entries: observedSet(applied, observed)?.entries ?? [] }),
  heldByUsers: true,
};
