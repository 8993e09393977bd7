/** How watches are started and stopped; how they look is decided in agent/watch. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

function stop(id: string, runtime: LabRuntime): void {
  const old = runtime.watches.get(id);
  runtime.watches.delete(id);
  old?.stop();
}

export const watch: RuntimeApplier<"watch"> = {
  create: (resource, runtime) => {
    stop(resource.id, runtime);
    runtime.watches.set(resource.id, runtime.starters.watch(resource, runtime));
  },
  update: (resource, before, runtime) => {
    if (before !== undefined) stop(before.id, runtime);
    return watch.create(resource, runtime);
  },
  remove: (resource, runtime) => stop(resource.id, runtime),
  abandon: (resource, runtime) => stop(resource.id, runtime),
};
