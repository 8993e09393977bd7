/** Takes labs down one after the other: a failure of one does not keep the others. */
import type { Driver } from "../drivers/driver.ts";
import { makeEventBus } from "../workflow/event-bus.ts";
import { takeDownByName } from "../workflow/take-down.ts";
import type { CliContext } from "./context.ts";
import type { Output } from "./output.ts";

export interface LabToTakeDown {
  readonly name: string;
  readonly driver: () => Promise<Driver>;
}

/** Failures are printed and give the exit code. */
export async function takeDownEach(labs: readonly LabToTakeDown[], output: Output, context: CliContext): Promise<void> {
  const started = performance.now();
  for (const { name, driver } of labs) {
    const bus = makeEventBus(name, started);
    bus.subscribe(output.sink);
    try {
      await takeDownByName(await driver(), name, bus);
    } catch (error) {
      const { reportError } = await import("./report-error.ts");
      context.exitCode = reportError(error, context);
    }
  }
}
