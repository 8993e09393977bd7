/** `k8snet-lab gc`: cleans up after labs whose agent has died. */
import { takeDownEach, type LabToTakeDown } from "../take-down-each.ts";
import type { Command } from "commander";
import type { Driver, RunningLab } from "../../drivers/driver.ts";
import { EXIT } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { loadDrivers } from "../driver.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { addOutputOptions, type OutputOptions } from "../run-options.ts";
import { makeOutput } from "../output.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description("Remove what dead labs left: those whose agent is gone. Labs that are up are not touched.")
    .option("--dry-run", "only list the labs that would be cleaned up");
  addDriverOptions(addOutputOptions(command)).action(
    async (options: DriverOptions & OutputOptions & { dryRun?: boolean }) => {
      const ofDriver = async (driver: Driver): Promise<(LabToTakeDown & { folder: string })[]> =>
        (await driver.list()).flatMap(({ state, ...record }) => {
          if (state === "no-answer") context.stderr.write(silentNote(record));
          if (state === "unusable") {
            context.stderr.write(`lab ${record.name} is left alone: ${record.trouble}\n`);
            context.exitCode = EXIT.unfitHost;
          }
          return state === "dead" ? [{ ...record, driver: () => Promise.resolve(driver) }] : [];
        });
      const dead = (await Promise.all((await loadDrivers(options)).map(ofDriver))).flat();
      if (dead.length === 0) context.stderr.write("nothing to clean up: no dead labs\n");
      const output = makeOutput(context, options, { main: true });
      if (options.dryRun === true) for (const { name, folder } of dead) context.stdout.write(`${name}  ${folder}\n`);
      else await takeDownEach(dead, output, context);
      await output.end();
    },
  );
  addExample(command, "k8snet-lab gc --dry-run");
}

function silentNote({ name, pid }: Omit<RunningLab, "state">): string {
  return `lab ${name} is left alone: its agent (pid ${pid}) does not answer; k8snet-lab down ${name} ends it\n`;
}
