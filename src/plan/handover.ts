/** Duties that must be upheld at every moment: a resource that gives one up waits for the one that takes it over. */
import { definitionOf } from "../resources/definitions.ts";
import type { Operation } from "../resources/operation.ts";
import type { Resource } from "../resources/resource.ts";

function duties(resource: Resource | undefined): readonly string[] {
  return resource === undefined ? [] : (definitionOf(resource).plan.upholds?.(resource) ?? []);
}

/** Duties that are no longer upheld once the operation is done. */
function givenUp({ action, resource, before }: Operation): readonly string[] {
  if (action === "delete") return duties(resource);
  const kept = new Set(duties(resource));
  return duties(before).filter((duty) => !kept.has(duty));
}

/** The same operations, with those that give up a duty waiting for, and ordered after, those that take it over. */
export function handOver(operations: readonly Operation[]): readonly Operation[] {
  const takers = new Map<string, string[]>();
  for (const { action, id, resource, before } of operations) {
    if (action === "delete") continue;
    const had = new Set(duties(before));
    for (const duty of duties(resource)) if (!had.has(duty)) takers.set(duty, [...(takers.get(duty) ?? []), id]);
  }
  if (takers.size === 0) return operations;
  const first: Operation[] = [];
  const last: Operation[] = [];
  for (const operation of operations) {
    const waits = givenUp(operation).flatMap((duty) => takers.get(duty) ?? []);
    if (waits.length === 0) first.push(operation);
    else last.push({ ...operation, dependsOn: [...new Set([...operation.dependsOn, ...waits])] });
  }
  return [...first, ...last];
}
