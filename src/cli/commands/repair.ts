/** `k8snet-lab repair`: brings a running lab, or single objects of it, back to what it was built from. */
import type { Command } from "commander";
import { makeEventBus } from "../../workflow/event-bus.ts";
import { repairLab } from "../../workflow/repair-lab.ts";
import { startTimeLimit } from "../../workflow/time-limit.ts";
import type { CliContext } from "../context.ts";
import { loadDriverOf } from "../driver.ts";
import { labNameOf } from "../lab-argument.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { makeOutput } from "../output.ts";

import { addOutputOptions, type OutputOptions } from "../run-options.ts";

interface RepairOptions extends DriverOptions, OutputOptions {
  readonly foreign?: boolean;
  readonly faults?: boolean;
  readonly timeout?: number;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Fix what differs from the lab: all of it, or the objects with these ids and what they need. Nothing else is touched; checks are not run. " +
        "What was broken on purpose and is fixed stays fixed.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("[ID...]", "ids that `diff` prints: fdb:node1:flannel.1:02:…")
    .option("--foreign", "also remove what is not of the lab")
    .option("--faults", "also undo faults that were injected; they are left otherwise");
  addOutputOptions(addDriverOptions(command)).action(
    async (text: string, ids: readonly string[], options: RepairOptions) => {
      const name = await labNameOf(text, context.cwd);
      const driver = await loadDriverOf(name, options);
      const bus = makeEventBus(name, performance.now());
      const output = makeOutput(context, options, { main: true });
      bus.subscribe(output.sink);
      context.interrupt.arm("interrupted; the lab stays up");
      const { signal } = startTimeLimit(context.interrupt.signal, options.timeout);
      try {
        await repairLab({ driver, bus, signal }, name, {
          only: ids.length === 0 ? undefined : ids,
          foreign: options.foreign === true,
          faults: options.faults === true,
        });
      } finally {
        await output.end();
      }
    },
  );
  addExample(command, "k8snet-lab repair overlay", "k8snet-lab repair overlay route:node1:10.244.1.0/24");
}
