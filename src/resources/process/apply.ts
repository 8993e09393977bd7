/** How long-lived processes are started and ended. One that has ended is not started again until the lab converges. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import { LabProcess, removeLog } from "../../apply/lab-process.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

export const processesOf = (runtime: LabRuntime): Map<string, LabProcess> => runtime.held<LabProcess>("process");

async function end(id: string, runtime: LabRuntime): Promise<void> {
  const old = processesOf(runtime).get(id);
  processesOf(runtime).delete(id);
  await old?.end();
}

export const process: RuntimeApplier<"process"> = {
  create: async (resource, runtime) => {
    await end(resource.id, runtime);
    processesOf(runtime).set(resource.id, new LabProcess(resource, runtime));
  },
  update: (resource, _before, runtime) => process.create(resource, runtime),
  remove: async (resource, runtime) => {
    await end(resource.id, runtime);
    removeLog(resource.id, runtime);
  },
  abandon: ({ id }, runtime) => {
    processesOf(runtime).get(id)?.stop();
    processesOf(runtime).delete(id);
  },
};
