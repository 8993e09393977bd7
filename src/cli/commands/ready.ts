/** `k8snet-lab ready`: the condition Ready of pods of a running lab, by hand. */
import { Option, type Command } from "commander";
import { addChangeOptions, changeLab, type ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

interface ReadyOptions extends ChangeOptions {
  readonly not?: boolean;
  readonly probe?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Make pods of a running lab ready, or not ready, whatever their probes say: endpoints, rules and DNS follow at once. This persists across `up`, until --probe hands the decision back to the probes.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<POD...>", "pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1")
    .addOption(new Option("--not", "not ready").conflicts("probe"))
    .option("--probe", "as its readiness probes or its manifest say");
  addChangeOptions(command).action(async (lab: string, pods: readonly string[], options: ReadyOptions) => {
    const { setReady } = await import("../../live/changes.ts");
    const ready = options.probe === true ? undefined : options.not !== true;
    // A user who makes pods not ready does not wait for readiness.
    await changeLab({
      lab,
      purpose: "ready",
      change: setReady(pods, ready),
      options: { ...options, wait: false },
      context,
    });
  });
  addExample(command, "k8snet-lab ready clusterip pod/web-1 --not", "k8snet-lab ready clusterip pod/web-1");
}
