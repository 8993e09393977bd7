/** `k8snet-lab chaos`: faults at random, one after the other, while the lab's checks run. */
import { InvalidArgumentError, type Command } from "commander";
import { EXIT, UsageError } from "../../errors.ts";
import { count } from "../../counting.ts";
import { FAULT_KINDS } from "../../faults/registry.ts";
import { paint, type Paint } from "../../report/color.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { runChaos, type ChaosEvent } from "../../workflow/chaos.ts";
import type { CliContext } from "../context.ts";
import { parseDuration } from "../duration.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { withLab } from "../with-lab.ts";

interface ChaosOptions extends DriverOptions {
  readonly seed: number;
  readonly for: number;
  readonly only?: readonly string[];
  readonly json?: boolean;
}

function parseSeed(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw new InvalidArgumentError("write a whole number below 4294967296.");
}

export function configure(command: Command, context: CliContext): void {
  addDriverOptions(command)
    .description(
      "Inject faults at random into a running lab, one at a time, and run its checks under each: which promise breaks under which fault, and how long it takes to heal. " +
        "The same seed gives the same faults in the same order. Ends with all of them undone, also on Ctrl-C; exit code 1 where something has not healed.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .option("--seed <N>", "which sequence of faults", parseSeed, 1)
    .option("--for <TIME>", "no fault begins after this", parseDuration, 60_000)
    .option("--only <KINDS>", "only these kinds of faults, or names of the lab file, with commas", (text) =>
      text.split(","),
    )
    .option("--json", "one JSON object per event")
    .action((lab: string, options: ChaosOptions) =>
      withLab(lab, options, context, async (opened) => {
        const known = [...FAULT_KINDS.map(({ kind }) => kind), ...(opened.lab.namedFaults ?? []).map(({ id }) => id)];
        for (const kind of options.only ?? [])
          if (!known.includes(kind))
            throw new UsageError(`unknown kind of fault "${kind}"`, didYouMean(kind, known, "there are"));
        context.interrupt.arm("interrupted; the fault is undone");
        const color = paint(context.stdout, context.env);
        const report = (event: ChaosEvent): void =>
          void context.stdout.write(options.json === true ? `${JSON.stringify(event)}\n` : `${lineOf(event, color)}\n`);
        const { signal } = context.interrupt;
        const { rounds, broke, notHealed } = await runChaos({
          ...opened,
          seed: options.seed,
          duration: options.for,
          kinds: options.only,
          signal,
          report,
        });
        if (options.json !== true)
          context.stdout.write(
            `${count(rounds, "fault")} with seed ${options.seed}: ${count(broke, "promise")} broke, ${notHealed === 0 ? "all healed" : `${notHealed} did not heal`}\n`,
          );
        if (notHealed > 0) context.exitCode = EXIT.checkFailed;
      }),
    );
  addExample(command, "k8snet-lab chaos faults --seed 7 --for 60s", "k8snet-lab chaos overlay --only loss,link-down");
}

function lineOf(event: ChaosEvent, color: Paint): string {
  switch (event.type) {
    case "fault":
      return color.bold(`${event.round}. ${event.fault}`);
    case "refused":
      return color.gray(`${event.round}. ${event.fault} cannot be here: ${event.why}`);
    case "held":
      return `   ${color.green("✓")} all ${count(event.checks, "check")} hold`;
    case "broke":
      return `   ${color.red("✗")} ${event.check}: ${event.got}`;
    case "healed":
      return `   ${color.green("✓")} healed within ${event.ms} ms: ${event.check}`;
    case "not-healed":
      return `   ${color.red("✗")} not healed: ${event.check}: ${event.got}`;
  }
}
