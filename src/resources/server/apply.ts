/** How built-in servers are started and stopped; what they answer is decided in agent/serve. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

function stop(id: string, runtime: LabRuntime): void {
  const old = runtime.servers.get(id);
  runtime.servers.delete(id);
  old?.stop();
}

export const server: RuntimeApplier<"server"> = {
  create: (resource, runtime) => {
    stop(resource.id, runtime);
    const running = runtime.starters.server(resource, runtime.netns(resource.ns), { node: resource.node });
    runtime.servers.set(resource.id, running);
  },
  update: (resource, before, runtime) => {
    if (before !== undefined) stop(before.id, runtime);
    return server.create(resource, runtime);
  },
  remove: (resource, runtime) => stop(resource.id, runtime),
  abandon: (resource, runtime) => stop(resource.id, runtime),
};
