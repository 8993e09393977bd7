/** How DNS servers are started, updated while they run, and stopped; what they answer is decided in agent/dns. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

function stop(id: string, runtime: LabRuntime): void {
  const old = runtime.dnsServers.get(id);
  runtime.dnsServers.delete(id);
  old?.stop();
}

export const dns: RuntimeApplier<"dns"> = {
  create: (resource, runtime) => {
    stop(resource.id, runtime);
    runtime.dnsServers.set(resource.id, runtime.starters.dns(resource, runtime.netns(resource.ns)));
  },
  update: (resource, before, runtime) => {
    const running = runtime.dnsServers.get(resource.id);
    if (running === undefined || before?.port !== resource.port) return dns.create(resource, runtime);
    running.update(resource);
  },
  remove: (resource, runtime) => stop(resource.id, runtime),
  abandon: (resource, runtime) => stop(resource.id, runtime),
};
