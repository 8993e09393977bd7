/** kube-router's sets: their elements could expire, and are added so that they never do (pkg/utils/ipset.go, OptionTimeout "0"). */
import type { Cause } from "../../../cause.ts";
import type { Spec } from "../../../fabric/topology.ts";
import type { Family } from "../../../net/family.ts";
import type { RuleOwner } from "../../../resources/rule-owners.ts";

/** `name`: as the kernel knows it. `entries`: an address or prefix, and what follows its timeout (`10.1.0.0/16 nomatch`). */
export function routerSet(
  owner: RuleOwner,
  name: string,
  family: Family,
  type: Spec<"ipset">["type"],
  entries: readonly string[],
  cause: Cause,
): Spec<"ipset"> {
  // Of one element that is there twice the later one counts, as ipset takes them.
  const byElement = new Map(
    entries.map((entry) => {
      const [element = "", ...flags] = entry.split(" ");
      return [element, [element, "timeout", "0", ...flags].join(" ")] as const;
    }),
  );
  return {
    kind: "ipset",
    owner,
    family,
    name,
    type,
    timeout: 0,
    entries: [...byElement.values()].toSorted(),
    cause,
  };
}
