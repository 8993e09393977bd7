/** From resources to operations: what to create, update and delete, in an order that works, each with what it waits for. */
import { addTo } from "../append.ts";
import { converge } from "./converge.ts";
import { dependencyOrder } from "./dependency-order.ts";
import { handOver } from "./handover.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Action, Operation, Plan } from "../resources/operation.ts";
import type { ObservedState } from "../resources/observed.ts";
import { appliedPresent, observedPresent, type Present } from "../resources/present.ts";
import type { Resource } from "../resources/resource.ts";

function operationId(action: Action, id: string): string {
  return `${action} ${id}`;
}

function fromNothing(lab: string, desired: readonly Resource[]): Plan {
  const ordered = dependencyOrder(desired);
  // Each id is one string, however many operations depend on it.
  const ids = new Map(desired.map(({ id }) => [id, operationId("create", id)]));
  const operations = ordered.map(({ resource, dependencies }): Operation => ({
    id: ids.get(resource.id) ?? operationId("create", resource.id),
    action: "create",
    resource,
    node: resource.node,
    cause: resource.cause,
    dependsOn: dependencies.needs.filter((id) => ids.has(id)).map((id) => ids.get(id) ?? id),
  }));
  return { lab, operations };
}

/**
 * The plan that brings the lab to `desired`. Without `observed`: from nothing. With it: only what differs; of the existing objects
 * only those in `observed.applied` are ever deleted, which the lab made.
 */
export function planOperations(lab: string, desired: readonly Resource[], observed?: ObservedState): Plan {
  return observed === undefined ? fromNothing(lab, desired) : planFrom(lab, desired, observedPresent(observed));
}

/** The plan that takes a running lab from one state to another, when nothing else has changed it: nothing is read back. */
export function planChange(lab: string, before: readonly Resource[], desired: readonly Resource[]): Plan {
  return planFrom(lab, desired, appliedPresent(before));
}

function planFrom(lab: string, desired: readonly Resource[], present: Present): Plan {
  const { steps, deletions } = converge(desired, present);
  const deletes = new Set(deletions.map(({ ordered }) => ordered.resource.id));
  /** What must be removed before a resource: everything that needs it. */
  const goesFirst = new Map<string, string[]>();
  const claims = new Map<string, string[]>();
  for (const { ordered } of deletions) {
    const id = operationId("delete", ordered.resource.id);
    for (const need of ordered.dependencies.needs) if (deletes.has(need)) addTo(goesFirst, need, id);
    for (const claim of definitionOf(ordered.resource).plan.claims?.(ordered.resource) ?? []) addTo(claims, claim, id);
  }
  for (const { ordered, releases } of steps)
    for (const id of releases) addTo(goesFirst, id, operationId("update", ordered.resource.id));
  const released = new Set(steps.flatMap((step) => step.releases));
  const deleting = deletions.toReversed().map(({ ordered: { resource }, reason }): Operation => ({
    id: operationId("delete", resource.id),
    action: "delete",
    resource,
    node: resource.node,
    cause: resource.cause,
    dependsOn: goesFirst.get(resource.id) ?? [],
    reason,
  }));
  const operations = deleting.filter(({ resource }) => !released.has(resource.id));
  const action = new Map(
    steps.map(({ ordered, step }) => [
      ordered.resource.id,
      step === "update" ? ("update" as const) : ("create" as const),
    ]),
  );
  for (const { ordered, step, reason, before } of steps) {
    const { resource, dependencies } = ordered;
    const waits = new Set<string>();
    if (deletes.has(resource.id)) waits.add(operationId("delete", resource.id));
    for (const claim of definitionOf(resource).plan.claims?.(resource) ?? [])
      for (const id of claims.get(claim) ?? []) waits.add(id);
    for (const need of dependencies.needs) {
      const first = action.get(need);
      if (first !== undefined) waits.add(operationId(first, need));
    }
    const kind = step === "update" ? "update" : "create";
    operations.push({
      id: operationId(kind, resource.id),
      action: kind,
      resource,
      ...(kind === "update" && before !== undefined ? { before } : {}),
      node: resource.node,
      cause: resource.cause,
      dependsOn: [...waits],
      reason,
    });
  }
  for (const operation of deleting) if (released.has(operation.resource.id)) operations.push(operation);
  return { lab, operations: handOver(operations) };
}
