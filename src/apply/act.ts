/** One operation, brought into the kernel by its kind's applier. */
import type { Operation } from "../resources/operation.ts";
import { foreignDevice } from "./foreign.ts";
import { applierOf } from "./kinds.ts";
import type { LabRuntime } from "./runtime.ts";

/** Throws the kernel's error. A device that has been replaced is left alone, and reported. */
export function act(operation: Operation, runtime: LabRuntime): void | Promise<void> {
  const { resource, before } = operation;
  const applier = applierOf(resource.kind);
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
