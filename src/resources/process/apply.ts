/** How long-lived processes are started and ended. One that has ended is not started again until the lab converges. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import { LabProcess, removeLog } from "../../apply/lab-process.ts";
import type { LabRuntime } from "../../apply/runtime.ts";
import { sameButPace } from "../pace.ts";

export const processesOf = (runtime: LabRuntime): Map<string, LabProcess> => runtime.held<LabProcess>("process");

async function end(id: string, runtime: LabRuntime): Promise<void> {
  const old = processesOf(runtime).get(id);
  processesOf(runtime).delete(id);
  await old?.end();
}

export const process: RuntimeApplier<"process"> = {
  create: async (resource, runtime) => {
    await end(resource.id, runtime);
    const running = new LabProcess(resource, runtime);
    if (resource.stopped === true) running.pause(true);
    processesOf(runtime).set(resource.id, running);
  },
  update: async (resource, before, runtime) => {
    const running = processesOf(runtime).get(resource.id);
    const isSleeping = before?.slow !== undefined && resource.slow === undefined && (running?.age ?? 0) < before.slow;
    if (running?.running !== true || before === undefined || isSleeping || !sameButPace(before, resource))
      return process.create(resource, runtime);
    running.pause(resource.stopped === true);
  },
  remove: async (resource, runtime) => {
    await end(resource.id, runtime);
    removeLog(resource.id, runtime);
  },
  abandon: ({ id }, runtime) => {
    processesOf(runtime).get(id)?.stop();
    processesOf(runtime).delete(id);
  },
};
