/** From an installed rule back to the line of YAML that caused it. Own chains hold exactly the lab's rules, in their order. */
import { formatCause } from "../cause.ts";
import { IPVS_TABLE } from "../resources/ipvs/definition.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { RulePlace } from "../resources/definition.ts";
import type { NamespaceState } from "../resources/observed.ts";
import type { Family } from "../net/family.ts";
import type { Resource } from "../resources/resource.ts";
import { findCauses } from "./causes.ts";

/** What is asked about: a rule by its place, with what it did where that is known. */
export type RuleCauses = (place: Omit<RulePlace, "family">) => string;

export function ruleCauses(
  state: NamespaceState,
  applied: Readonly<Record<string, Resource>>,
  family: Family,
): RuleCauses {
  const own = Object.values(applied).filter((resource) => resource.ns === state.ns);
  const guessed = findCauses(state, applied);
  return (place) => {
    for (const one of own) {
      const cause = definitionOf(one).ruleCause?.(one, { ...place, family });
      if (cause !== undefined) return formatCause(cause);
    }
    if (place.table === IPVS_TABLE) return "";
    return guessed.iptables(family, place.table, place.chain, place.rule, place.index);
  };
}
