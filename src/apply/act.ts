/** One operation, brought into the kernel by its kind's applier. */
import type { Operation } from "../resources/operation.ts";
import { foreignDevice } from "./foreign.ts";
import { APPLIERS } from "./registry.ts";
import type { RuntimeApplier } from "./kind.ts";
import type { Resource, ResourceKind } from "../resources/resource.ts";
import type { LabRuntime } from "./runtime.ts";

/** The applier of a resource whose kind is known only at run time. */
export function applierOf({ kind }: Pick<Resource, "kind">): RuntimeApplier<ResourceKind> {
  return APPLIERS[kind];
}

/** Throws the kernel's error. A device that has been replaced is left alone, and reported. */
export function act(operation: Operation, runtime: LabRuntime): void | Promise<void> {
  const { resource, before } = operation;
  const applier = applierOf(resource);
  switch (operation.action) {
    case "create":
      return applier.create(resource, runtime);
    case "update":
      return applier.update(resource, before?.kind === resource.kind ? before : undefined, runtime);
    case "delete": {
      const other = foreignDevice(resource, runtime);
      if (other === undefined) return applier.remove(resource, runtime);
      runtime.say?.(other);
    }
  }
}

/** Operations of one unit of the schedule, see ResourceDefinition.together. Throws what the kernel or the tool said. */
export async function actAll(operations: readonly Operation[], runtime: LabRuntime): Promise<void> {
  const [first] = operations;
  const applyAll = first === undefined ? undefined : applierOf(first.resource).applyAll;
  if (applyAll === undefined) for (const operation of operations) await act(operation, runtime);
  else
    await applyAll(
      operations.map(({ action, resource, before }) => ({
        action,
        resource,
        before: before?.kind === resource.kind ? before : undefined,
      })),
      runtime,
    );
}
