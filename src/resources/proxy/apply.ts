/** How proxies are started, updated with other endpoints while they run, and retired; what they do is decided in agent/proxy. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

/** As kube-proxy does: the port is closed, existing connections end on their own. */
function retire(id: string, runtime: LabRuntime): void {
  const old = runtime.proxies.get(id);
  if (old === undefined) return;
  runtime.proxies.delete(id);
  runtime.retiredProxies.add(old);
  old.retire();
}

export const proxy: RuntimeApplier<"proxy"> = {
  create: (resource, runtime) => {
    retire(resource.id, runtime);
    runtime.proxies.set(resource.id, runtime.starters.proxy(resource, runtime.netns(resource.ns)));
  },
  update: (resource, before, runtime) => {
    const running = runtime.proxies.get(resource.id);
    if (running === undefined || before?.port !== resource.port) return proxy.create(resource, runtime);
    running.update(resource);
  },
  remove: (resource, runtime) => retire(resource.id, runtime),
  abandon: ({ id }, runtime) => {
    const old = runtime.proxies.get(id);
    runtime.proxies.delete(id);
    old?.stop();
  },
};
