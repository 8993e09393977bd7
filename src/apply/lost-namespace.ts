/** What is done about a namespace whose name was removed by hand while the agent still holds it open: release all of it. */
import { killProcessesIn } from "./kill-lab-processes.ts";
import { namespacesOf } from "../resources/definitions.ts";
import { applierOf } from "./act.ts";
import type { LabRuntime } from "./runtime.ts";

/**
 * Stops what runs in it, removes its veth pairs at once (the kernel would do so some time after the last reference is
 * gone, maybe just when new ones have been made), and closes it. It is observed as missing from then on.
 */
export function loseNamespace(runtime: LabRuntime, ns: string): void {
  const handle = runtime.find(ns);
  if (handle === undefined) return;
  for (const resource of runtime.journal.record.applied.values())
    if (namespacesOf(resource).includes(ns)) quietly(() => applierOf(resource).abandon?.(resource, runtime));
  quietly(() => killProcessesIn(new Set([handle.inode])));
  runtime.forgetNetns(ns);
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // it is being given up anyway
  }
}
