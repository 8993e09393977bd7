/** `k8snet-lab scale`: change the number of replicas of a workload in a running lab. */
import type { Command } from "commander";
import { addChangeOptions, changeLab, type ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { parseReplicas } from "../duration.ts";
import { addExample } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Set the replicas of a workload in a running lab, of any kind that `kubectl scale` takes. New pods get traffic when they are ready; pods to be removed leave the rules first. Nothing else is touched. `up` sets the replicas in the manifest, if it has any.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<WORKLOAD>", "KIND/NAME or KIND/NAMESPACE/NAME, with kubectl's words for kinds: deploy/web")
    .requiredOption("--replicas <N>", "number of pods", parseReplicas);
  addChangeOptions(command).action(
    async (lab: string, workload: string, options: ChangeOptions & { replicas: number }) => {
      const { scale } = await import("../../live/changes.ts");
      await changeLab({ lab, purpose: "scale", change: scale(workload, options.replicas), options, context });
    },
  );
  addExample(command, "k8snet-lab scale rolling-update deploy/web --replicas 5");
}
