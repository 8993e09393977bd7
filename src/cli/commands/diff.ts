/** `k8snet-lab diff`: what differs from the lab file, and what is not of the lab; or how two labs differ. */
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import { liveChanges } from "../../kube/workload/live-changes.ts";
import { shellLine } from "../../net/shell-word.ts";
import { planChange } from "../../plan/plan-operations.ts";
import { planResources } from "../../plan/plan-lab.ts";
import { differenceLines, differencesJson } from "../../report/difference-list.ts";
import { paint } from "../../report/color.ts";
import { planDifference, planDrift } from "../../workflow/converge.ts";
import { foreignNotes } from "../../workflow/foreign-objects.ts";
import { asItRuns } from "../../workflow/with-live.ts";
import type { CliContext } from "../context.ts";
import { parseLabArgument } from "../lab-argument.ts";
import { loadFile } from "../load-file.ts";
import { addDriverOptions, addExample, addNetworkOptions } from "../options.ts";
import type { DriverOptions, NetworkOptions } from "../options.ts";
import { readLab } from "../read-lab.ts";
import { withLab } from "../with-lab.ts";

interface DiffOptions extends DriverOptions, NetworkOptions {
  readonly json?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  addDriverOptions(addNetworkOptions(command))
    .description(
      "Compare the kernel with the lab: each object that differs, its line in the file and the command that fixes it, then what is not of the lab. " +
        "With two labs: how the second differs from the first. Exit code 1 where anything differs. Touches nothing.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("[OTHER]", "another lab: a file, or the name of a running one")
    .option("--json", "one JSON object")
    .action(async (lab: string, other: string | undefined, options: DiffOptions) => {
      const { title, plan, foreign, faults, changes, fix } =
        other === undefined ? await drift(lab, options, context) : await between(lab, other, options, context);
      if (options.json === true)
        context.stdout.write(`${JSON.stringify(differencesJson(plan, foreign, faults, fix), null, 2)}\n`);
      else
        for (const line of differenceLines({
          title,
          plan,
          foreign,
          faults,
          changes,
          fix,
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
  return withLab(text, options, context, async ({ client, driver, lab: running, stored }) => {
    const argument = parseLabArgument(text, context.cwd);
    const lab =
      argument.kind === "file"
        ? await asItRuns(() => loadFile(argument.file, context, options), { client, lab: running })
        : running;
    const plan = lab === running ? await planDrift(client, lab) : await planDifference(client, lab, planResources(lab));
    const fileChanged =
      lab !== running && planChange(lab.name, planResources(running), planResources(lab)).operations.length > 0;
    const changes = stored.live === undefined ? [] : liveChanges(stored.live);
    return {
      title: `${lab.name} and ${lab.file}${changes.length === 0 ? "" : ", as changed since"}`,
      changes,
      plan,
      foreign: foreignNotes(lab, plan),
      faults: lab.injected,
      fix: {
        all: shellLine("k8snet-lab", ...(fileChanged ? ["up", lab.file] : ["repair", lab.name])),
        fileChanged,
        // In containers, and in a user's own namespaces.
        remote: driver.name === "docker" || process.geteuid?.() !== 0,
      },
    };
  });
}

async function between(from: string, to: string, options: DiffOptions, context: CliContext): Promise<Compared> {
  const [before, after] = [await readLab(from, options, context), await readLab(to, options, context)];
  const plan = planChange(after.name, planResources(before), planResources(after));
  return { title: `${from} and ${to}`, plan, foreign: [] };
}
