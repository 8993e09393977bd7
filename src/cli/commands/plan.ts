/** `k8snet-lab plan`: what up would do on an empty machine, and as a shell script. */
import { Option } from "commander";
import type { Command } from "commander";
import { formatDiagnostic } from "../../errors.ts";
import { jsonEvent } from "../../report/json.ts";
import type { CliContext } from "../context.ts";
import { loadFileToBuild } from "../load-file.ts";
import { addExample, addHostLinksOption, addNetworkOptions } from "../options.ts";
import type { NetworkOptions } from "../options.ts";

interface PlanOptions extends NetworkOptions {
  readonly script?: boolean;
  readonly json?: boolean;
  readonly allowHostLinks?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  addHostLinksOption(addNetworkOptions(command))
    .description("Print what up would do, one line per operation with its cause. Touches nothing, needs no privileges.")
    .argument("<LAB.yaml>", "lab file; - reads from stdin")
    .option("--script", "a commented shell script that builds the same lab by hand, as root on an empty machine")
    .addOption(new Option("--json", "one JSON object").conflicts("script"))
    .action(async (file: string, options: PlanOptions) => {
      const { lab, warnings } = await loadFileToBuild(file, context, options);
      for (const warning of warnings) context.stderr.write(`${formatDiagnostic(warning)}\n`);
      const { planResources } = await import("../../plan/plan-lab.ts");
      const { planOperations } = await import("../../plan/plan-operations.ts");
      const plan = planOperations(lab.name, planResources(lab));
      if (options.json === true) {
        const event = jsonEvent({ type: "plan", plan, labName: lab.name, at: 0 }) as { operations: unknown };
        context.stdout.write(`${JSON.stringify({ lab: lab.name, operations: event.operations }, null, 2)}\n`);
      } else if (options.script === true) {
        const { encodeScript } = await import("../../plan/script.ts");
        context.stdout.write(encodeScript(plan));
      } else {
        const { formatPlan } = await import("../../plan/format-plan.ts");
        context.stdout.write(`${formatPlan(plan).trimEnd()}\n`);
        for (const line of await foresee(
          plan.operations.map((operation) => operation.resource),
          lab,
        ))
          context.stderr.write(`${line}\n`);
      }
    });
  addExample(command, "k8snet-lab plan labs/overlay.yaml", "k8snet-lab plan labs/overlay.yaml --script > by-hand.sh");
}

async function foresee(
  ...[resources, lab]: Parameters<typeof import("../../doctor/neighbours.ts").foreseeNeighbours>
): Promise<readonly string[]> {
  const { foreseeNeighbours } = await import("../../doctor/neighbours.ts");
  const finding = foreseeNeighbours(resources, lab);
  return finding.status === "ok"
    ? []
    : [`warning: ${finding.text}`, ...(finding.fix === undefined ? [] : [`    hint: ${finding.fix}`])];
}
