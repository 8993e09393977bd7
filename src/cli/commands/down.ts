/** `k8snet-lab down`: takes labs down by their own record. */
import { takeDownEach, type LabToTakeDown } from "../take-down-each.ts";
import type { Command } from "commander";
import { EXIT, UsageError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { loadDriverOf, loadDrivers } from "../driver.ts";
import { labNameOf } from "../lab-argument.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { addOutputOptions, type OutputOptions } from "../run-options.ts";
import { makeOutput } from "../output.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description("Take labs down, from their own record: even if the YAML is gone or up was killed halfway.")
    .argument("[LAB...]", "names of labs, or their files")
    .option("--all", "every lab that this host has a record of");
  addDriverOptions(addOutputOptions(command)).action(
    async (labs: readonly string[], options: DriverOptions & OutputOptions & { all?: boolean }) => {
      if (labs.length > 0 === (options.all === true))
        throw new UsageError("name the labs to take down, or say --all", "k8snet-lab ls shows what is up");
      const named = [...new Set(await Promise.all(labs.map((lab) => labNameOf(lab, context.cwd))))];
      const found =
        options.all === true
          ? await everyLab(options)
          : named.map((name) => ({ name, driver: () => loadDriverOf(name, options) }));
      if (found.length === 0) context.stderr.write("no lab is up\n");
      const output = makeOutput(context, options, { main: true });
      // Half a teardown is useless: signals wait until it is done (a second one exits at once; running down again continues).
      context.interrupt.arm("taking down; Ctrl-C again quits immediately (down again finishes it)");
      await takeDownEach(found, output, context);
      await output.end();
      if (context.interrupt.signal.aborted && context.exitCode === EXIT.ok) context.exitCode = EXIT.interrupted;
    },
  );
  addExample(command, "k8snet-lab down overlay", "k8snet-lab down --all");
}

async function everyLab(options: DriverOptions): Promise<readonly LabToTakeDown[]> {
  const drivers = await loadDrivers(options);
  const labs = drivers.map(async (driver) =>
    (await driver.list()).map(({ name }) => ({ name, driver: () => Promise.resolve(driver) })),
  );
  return (await Promise.all(labs)).flat();
}
