/** `k8snet-lab solution`: what a lab has broken on purpose, and how to fix it. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { printableLines } from "../../printable.ts";
import type { CliContext } from "../context.ts";
import { readLab } from "../read-lab.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  addDriverOptions(command)
    .description("Print what is broken on purpose in a lab, and how to fix it. No other command reveals it.")
    .argument("<LAB>", "name of a running lab, or its file")
    .action(async (labText: string, options: DriverOptions) => {
      const lab = await readLab(labText, options, context);
      if (lab.solution === undefined)
        throw new UsageError(
          `lab ${lab.name} has no solution`,
          "labs that are broken on purpose have one: labs/broken-*.yaml",
        );
      context.stdout.write(`${printableLines(lab.solution).trimEnd()}\n`);
    });
  addExample(command, "k8snet-lab solution broken-fdb");
}
