/** `k8snet-lab rollout`: restarts all pods of a Deployment by its strategy, on a running lab. */
import type { Command } from "commander";
import { addChangeOptions, changeLab } from "../change-lab.ts";
import type { ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

export function configureRollout(command: Command, context: CliContext): void {
  command
    .description(
      "Restart a Deployment on a running lab, as `kubectl rollout restart`: a new ReplicaSet takes over from the old one, pod by pod within maxSurge and maxUnavailable (or all at once with Recreate).",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<DEPLOYMENT>", "deploy/NAME, deploy/NAMESPACE/NAME");
  addChangeOptions(command).action(async (lab: string, deployment: string, options: ChangeOptions) => {
    const { restart } = await import("../../live/changes.ts");
    const change = restart(deployment, new Date().toISOString());
    await changeLab({ lab, purpose: "rollout", change, options, context });
  });
  addExample(command, "k8snet-lab rollout rolling-update deploy/web");
}
