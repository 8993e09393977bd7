/** `k8snet-lab rollout`: restart the pods of a workload by its update strategy, in a running lab. */
import type { Command } from "commander";
import { addChangeOptions, changeLab, type ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Restart a workload in a running lab, of any kind that `kubectl rollout restart` takes: its pods are replaced by its update strategy (maxSurge and maxUnavailable, from the last ordinal down to the partition, node by node).",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<WORKLOAD>", "KIND/NAME or KIND/NAMESPACE/NAME, with kubectl's words for kinds: deploy/web");
  addChangeOptions(command).action(async (lab: string, workload: string, options: ChangeOptions) => {
    const { restart } = await import("../../live/changes.ts");
    const change = restart(workload, new Date().toISOString());
    await changeLab({ lab, purpose: "rollout", change, options, context });
  });
  addExample(command, "k8snet-lab rollout rolling-update deploy/web");
}
