/** Virtual servers of a namespace and family: compared line by line with what `ipvsadm -S -n` shows. */
import { changed, ids, MISSING, type KindPlan } from "../kind.ts";
import type { ObservedIndex } from "../observed-index.ts";
import { SERVICE_DEVICES } from "../policy-names.ts";
import type { IpvsResource } from "./definition.ts";

function observedLines({ ns, family }: IpvsResource, observed: ObservedIndex): readonly string[] | undefined {
  return observed.namespace(ns)?.state.ipvs?.[family];
}

/** One line verbatim, several by number. */
function words(verb: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return [lines.length === 1 ? `${lines[0] ?? ""} is ${verb}` : `${lines.length} lines are ${verb}`];
}

export const ipvsPlan: KindPlan<IpvsResource> = {
  dependencies(ipvs, index) {
    const home = ids(index.netns(ipvs.ns));
    const addresses = [...SERVICE_DEVICES].flatMap((dev) => index.addresses(ipvs.ns, dev, ipvs.family));
    return { needs: [...home, ...index.nsSysctls(ipvs.ns), ...addresses], diesWith: home };
  },
  compare(ipvs, observed) {
    const there = observedLines(ipvs, observed);
    if (there === undefined || observed.state.applied[ipvs.id] === undefined) return MISSING;
    const wanted = ipvs.lines.map((line) => line.text);
    const [has, wants] = [new Set(there), new Set(wanted)];
    return changed([
      ...words(
        "missing",
        wanted.filter((line) => !has.has(line)),
      ),
      ...words(
        "too many",
        there.filter((line) => !wants.has(line)),
      ),
    ]);
  },
  replaces: () => false,
  /** The rules' marks and accepts would mean nothing without them. */
  heldByUsers: true,
  present(applied, observed) {
    const { cause } = applied;
    return { ...applied, lines: (observedLines(applied, observed) ?? []).map((text) => ({ text, cause })) };
  },
};
