/** `k8snet-lab shell`: an interactive shell in a namespace of a lab. */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { runInTarget, shellCommand } from "../run-in-target.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description("Open a shell in a pod, a node or any namespace. The prompt shows where you are; exit leaves.")
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<TARGET>", "node1, pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1");
  addDriverOptions(command).action(async (lab: string, target: string, options: DriverOptions) => {
    const { argv, env } = shellCommand(lab, target, context.env);
    context.exitCode = await runInTarget({ lab, target, argv, env, options, context });
  });
  addExample(command, "k8snet-lab shell overlay pod/client");
}
