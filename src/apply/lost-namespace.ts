/** What is done about a namespace whose name was removed by hand while the agent still holds it open: release all of it. */
import { killProcessesIn } from "./leftovers.ts";
import { applierOf } from "./kinds.ts";
import type { LabRuntime } from "./runtime.ts";

/**
 * Stops what runs in it, removes its veth pairs at once (the kernel would do so some time after the last reference is
 * gone, maybe just when new ones have been made), and closes it. It is observed as missing from then on.
 */
export function loseNamespace(runtime: LabRuntime, ns: string): void {
  const handle = runtime.find(ns);
  if (handle === undefined) return;
  for (const resource of runtime.journal.record.applied.values()) {
    if (resource.ns !== ns && !(resource.kind === "veth" && resource.peer.ns === ns)) continue;
    if (resource.kind === "veth") quietly(() => applierOf("veth").remove(resource, runtime));
    if (resource.kind === "server") quietly(() => applierOf("server").remove(resource, runtime));
    if (resource.kind === "dns") quietly(() => applierOf("dns").remove(resource, runtime));
    if (resource.kind === "watch") quietly(() => applierOf("watch").remove(resource, runtime));
    if (resource.kind === "proxy") quietly(() => stopProxy(runtime, resource.id));
    if (resource.kind === "process") {
      runtime.processes.get(resource.id)?.kill();
      runtime.processes.delete(resource.id);
    }
  }
  quietly(() => killProcessesIn(new Set([handle.inode])));
  runtime.forgetNetns(ns);
}

function stopProxy(runtime: LabRuntime, id: string): void {
  const proxy = runtime.proxies.get(id);
  runtime.proxies.delete(id);
  proxy?.stop();
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // it is being given up anyway
  }
}
