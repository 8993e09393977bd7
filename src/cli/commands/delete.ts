/** `k8snet-lab delete`: pods, NetworkPolicies and Services of a running lab. */
import type { Command } from "commander";
import { addChangeOptions, changeLab, type ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Delete pods, policies or Services of a running lab. The controller of a pod makes another one, under the same name for a StatefulSet; a pod without an owner stays deleted until the next `up`.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<OBJECT...>", "pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1, netpol/NAME, cnp/NAME, svc/NAME");
  addChangeOptions(command).action(async (lab: string, objects: readonly string[], options: ChangeOptions) => {
    const { deleteObjects } = await import("../../live/changes.ts");
    await changeLab({ lab, purpose: "delete", change: deleteObjects(objects, Date.now()), options, context });
    const word = options.wait ? "deleted" : "will be deleted";
    // For pods, the controllers report what happens to them.
    const others = objects.filter((object) => !object.startsWith("pod/") && !object.includes("#"));
    if (context.exitCode === 0) for (const object of others) context.stdout.write(`${object} ${word}\n`);
  });
  addExample(command, "k8snet-lab delete rolling-update deploy/web#1");
}
