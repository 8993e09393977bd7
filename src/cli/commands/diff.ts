/** `k8snet-lab diff`: what differs from the lab file, and what is not of the lab; or how two labs differ. */
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import { liveChanges } from "../../kube/workload/live-changes.ts";
import { planChange } from "../../plan/plan-operations.ts";
import { planResources } from "../../plan/plan-lab.ts";
import { differenceLines, differencesJson } from "../../report/difference-list.ts";
import { paint } from "../../report/color.ts";
import { planDifference } from "../../workflow/converge.ts";
import { foreignNotes } from "../../workflow/foreign-objects.ts";
import { asItRuns } from "../../workflow/with-live.ts";
import type { CliContext } from "../context.ts";
import { parseLabArgument } from "../lab-argument.ts";
import { loadFile } from "../load-file.ts";
import { addDriverOptions, addExample } from "../options.ts";
import type { DriverOptions } from "../options.ts";
import { readLab } from "../read-lab.ts";
import { withLab } from "../with-lab.ts";

interface DiffOptions extends DriverOptions {
  readonly json?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  addDriverOptions(command)
    .description(
      "Compare the kernel with the lab: each object that differs, its line in the file and the command that fixes it, then what is not of the lab. " +
        "With two labs: how the second differs from the first. Exit code 1 where anything differs. Touches nothing.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("[OTHER]", "another lab: a file, or the name of a running one")
    .option("--json", "one JSON object")
    .action(async (lab: string, other: string | undefined, options: DiffOptions) => {
      const { title, plan, foreign, faults, changes, repair } =
        other === undefined ? await drift(lab, options, context) : await between(lab, other, options, context);
      if (options.json === true)
        context.stdout.write(`${JSON.stringify(differencesJson(plan, foreign, faults), null, 2)}\n`);
      else
        for (const line of differenceLines({
          title,
          plan,
          foreign,
          faults,
          changes,
          repair,
          color: paint(context.stdout, context.env),
        }))
          context.stdout.write(`${line}\n`);
      if (plan.operations.length + foreign.length > 0) context.exitCode = EXIT.checkFailed;
    });
  addExample(
    command,
    "k8snet-lab diff broken-fdb",
    "k8snet-lab diff overlay --json",
    "k8snet-lab diff labs/overlay.yaml labs/host-gw.yaml",
  );
}

type Compared = Omit<Parameters<typeof differenceLines>[0], "color">;

/** A running lab's kernel, compared with what it was built from; with a file, with that file. */
function drift(text: string, options: DiffOptions, context: CliContext): Promise<Compared> {
  return withLab(text, options, context, async ({ client, lab: running }) => {
    const argument = parseLabArgument(text, context.cwd);
    const lab =
      argument.kind === "file"
        ? await asItRuns(await loadFile(argument.file, context, options), { client, lab: running })
        : running;
    const plan = await planDifference(client, lab, planResources(lab));
    const stored = await client.call("stored", {});
    const changes = stored?.live === undefined ? [] : liveChanges(stored.live);
    return {
      title: `${lab.name} and ${lab.file}${changes.length === 0 ? "" : ", as changed since"}`,
      changes,
      plan,
      foreign: foreignNotes(lab, plan),
      faults: lab.injected,
      repair: lab.name,
    };
  });
}

async function between(from: string, to: string, options: DiffOptions, context: CliContext): Promise<Compared> {
  const [before, after] = [await readLab(from, options, context), await readLab(to, options, context)];
  const plan = planChange(after.name, planResources(before), planResources(after));
  return { title: `${from} and ${to}`, plan, foreign: [] };
}
