/** `k8snet-lab policy`: NetworkPolicies of plain manifests tested, explained and linted. */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { configurePolicyExplain } from "./policy-explain.ts";
import { configurePolicyExposure } from "./policy-exposure.ts";
import { configurePolicyLint } from "./policy-lint.ts";
import { configurePolicyTest } from "./policy-test.ts";

export function configure(command: Command, context: CliContext): void {
  command.description("NetworkPolicies of plain manifests, no lab file needed.");
  const sub = (name: string, summary: string, configure: (command: Command, context: CliContext) => void): void => {
    const made = command.command(name).summary(summary).helpOption("-h, --help", "print help");
    configure(made, context);
  };
  sub("test", "build a lab around manifests and prove who reaches whom", configurePolicyTest);
  sub("explain", "which policy allows or denies a connection, and why", configurePolicyExplain);
  sub("exposure", "who could reach each workload, including pods that do not exist yet", configurePolicyExposure);
  sub("lint", "likely mistakes, with file and line", configurePolicyLint);
  addExample(
    command,
    "k8snet-lab policy lint -f manifests/",
    "k8snet-lab policy explain -f manifests/ shop/web shop/db 5432",
    "sudo k8snet-lab policy test -f manifests/ --expect expect.yaml",
  );
}
