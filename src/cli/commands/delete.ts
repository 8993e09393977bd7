/** `k8snet-lab delete`: pods of a running lab. */
import type { Command } from "commander";
import { addChangeOptions, changeLab } from "../change-lab.ts";
import type { ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

export function configureDelete(command: Command, context: CliContext): void {
  command
    .description(
      "Delete pods of a running lab. A Deployment or ReplicaSet makes another one with another name; a pod that is nobody's stays gone until the next `up`.",
    )
    .argument("<LAB>", "name of a lab that is up, or its file")
    .argument("<POD...>", "pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1");
  addChangeOptions(command).action(async (lab: string, pods: readonly string[], options: ChangeOptions) => {
    const { deletePods } = await import("../../controller/changes.ts");
    await changeLab({ lab, purpose: "delete", change: deletePods(pods, Date.now()), options, context });
  });
  addExample(command, "k8snet-lab delete rolling-update deploy/web#1");
}
