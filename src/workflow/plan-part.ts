/** A part of a plan that can be done on its own. */
import { UsageError } from "../errors.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Operation, Plan } from "../resources/operation.ts";

/** The operations on these resources, with all that they wait for. Throws UsageError for one that has none. */
export function planPart(plan: Plan, ids: readonly string[]): Plan {
  const byId = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const there = new Set(plan.operations.map(({ resource }) => resource.id));
  for (const id of ids)
    if (!there.has(id))
      throw new UsageError(`${id} does not differ from the lab`, didYouMean(id, [...there], "different"));
  const taken = new Set<string>();
  const take = ({ id, dependsOn }: Operation): void => {
    if (taken.has(id)) return;
    taken.add(id);
    for (const need of dependsOn) {
      const operation = byId.get(need);
      if (operation !== undefined) take(operation);
    }
  };
  for (const operation of plan.operations) if (ids.includes(operation.resource.id)) take(operation);
  return { ...plan, operations: plan.operations.filter(({ id }) => taken.has(id)) };
}
