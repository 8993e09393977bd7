/** `k8snet-lab exec`: a command in a namespace of a lab, with our own stdin, stdout and stderr. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { runInTarget } from "../run-in-target.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Run a command in a pod, a node or any namespace. The exit code is the command's own (127: not found).",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<TARGET>", "node1, pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1")
    .argument("<COMMAND...>", "after --: the command and its arguments")
    .passThroughOptions();
  addDriverOptions(command).action(
    async (lab: string, target: string, words: readonly string[], options: DriverOptions) => {
      const argv = words[0] === "--" ? words.slice(1) : words;
      if (argv.length === 0)
        throw new UsageError("there is no command to run", "write it after --: k8snet-lab exec LAB TARGET -- ip addr");
      context.exitCode = await runInTarget({ lab, target, argv, options, context });
    },
  );
  addExample(
    command,
    "k8snet-lab exec overlay pod/client -- ip route",
    "k8snet-lab exec overlay node1 -- bridge fdb show dev flannel.1",
  );
}
