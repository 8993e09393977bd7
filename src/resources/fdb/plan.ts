/** Static forwarding entries of bridges and VXLANs. */
import type { FdbResource } from "./definition.ts";
import { changed, difference, ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const fdbPlan: KindPlan<FdbResource> = {
  dependencies(fdb, index) {
    const home = ids(index.device(fdb.ns, fdb.dev) ?? index.netns(fdb.ns));
    return { needs: home, diesWith: home };
  },
  compare(fdb, observed) {
    const candidates = observed.namespace(fdb.ns)?.fdb.get(`${fdb.dev} ${fdb.mac}`) ?? [];
    // An entry with a remote is the VXLAN's own (`self`), one without belongs to the bridge (`master`).
    const entries = candidates.filter((entry) => entry.self === (fdb.dst !== undefined));
    const exact = entries.find((entry) => entry.dst === fdb.dst);
    if (exact !== undefined)
      return fdb.dst === undefined
        ? SAME
        : changed(difference("state", exact.permanent ? "permanent" : "learnt", "permanent"));
    const other = entries[0];
    // Flooding entries coexist; each exists or not.
    if (other === undefined || fdb.mac === "00:00:00:00:00:00") return MISSING;
    return changed(difference("dst", other.dst, fdb.dst));
  },
  replaces: () => false,
};
