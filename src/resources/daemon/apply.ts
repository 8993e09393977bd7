/** How daemons are started, ended, and made to read a new configuration. */
import type { RuntimeApplier } from "../../apply/kind.ts";
import { Daemon, daemonsOf } from "../../apply/daemon.ts";

export const daemon: RuntimeApplier<"daemon"> = {
  create: async (resource, runtime) => {
    await daemonsOf(runtime).get(resource.id)?.end();
    await Daemon.start(resource, runtime);
  },
  update: async (resource, before, runtime) => {
    const running = daemonsOf(runtime).get(resource.id);
    if (running?.running !== true || before === undefined) return daemon.create(resource, runtime);
    await running.configure();
  },
  remove: async ({ id }, runtime) => daemonsOf(runtime).get(id)?.end(),
  abandon: ({ id }, runtime) => {
    daemonsOf(runtime).get(id)?.stop();
    daemonsOf(runtime).delete(id);
  },
};
