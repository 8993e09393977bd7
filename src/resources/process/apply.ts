/** How long-lived processes are started and stopped. One that has ended is not started again until the lab converges. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import { LabProcess, removeLog } from "../../apply/lab-process.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

async function stop(id: string, runtime: LabRuntime): Promise<void> {
  const old = runtime.processes.get(id);
  runtime.processes.delete(id);
  await old?.stop();
}

export const process: RuntimeApplier<"process"> = {
  create: async (resource, runtime) => {
    await stop(resource.id, runtime);
    runtime.processes.set(resource.id, new LabProcess(resource, runtime));
  },
  update: async (resource, before, runtime) => {
    if (before !== undefined) await stop(before.id, runtime);
    await process.create(resource, runtime);
  },
  remove: async (resource, runtime) => {
    await stop(resource.id, runtime);
    removeLog(resource.id, runtime);
  },
  abandon: ({ id }, runtime) => {
    runtime.processes.get(id)?.kill();
    runtime.processes.delete(id);
  },
};
