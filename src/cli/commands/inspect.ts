/** `k8snet-lab inspect`: what is really in the namespaces of a lab, and why. */
import type { Command } from "commander";
import { resolveTarget } from "../../model/select.ts";
import { paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { loadDriverOf } from "../driver.ts";
import { formatNamespace } from "../inspect/format-namespace.ts";
import { labNameOf } from "../lab-argument.ts";
import { openLab } from "../open-lab.ts";
import { addDriverOptions, addExample } from "../options.ts";
import type { DriverOptions } from "../options.ts";
import { sysctlWants } from "../sysctl-wants.ts";

export function configureInspect(command: Command, context: CliContext): void {
  command
    .description(
      "Show what the kernel has: every namespace, device, address, route and rule, each with the line of YAML that caused it.",
    )
    .argument("<LAB>", "name of a lab that is up, or its file")
    .argument("[TARGET...]", "only these namespaces: node1, pod/NAME")
    .option("--json", "one JSON object: {lab, since, agent, namespaces, applied, running, denied}");
  addDriverOptions(command).action(
    async (labText: string, targets: readonly string[], options: DriverOptions & { json?: boolean }) => {
      const name = await labNameOf(labText, context.cwd);
      const { client, lab, since } = await openLab(await loadDriverOf(name, options), name);
      try {
        const namespaces =
          targets.length === 0 ? undefined : [...new Set(targets.map((target) => resolveTarget(lab, target).ns))];
        const { planResources } = await import("../../plan/plan-lab.ts");
        const observed = await client.call("observe", {
          ...(namespaces === undefined ? {} : { namespaces }),
          sysctls: sysctlWants(planResources(lab)),
        });
        if (options.json === true) {
          // Asked before the answer is put together: these are the agent's own figures, not what this command costs.
          const agent = await client.call("stats", {});
          context.stdout.write(
            `${JSON.stringify({ lab: { name: lab.name, title: lab.title, description: lab.description, file: lab.file }, since, agent, ...observed, ...(await client.call("denials", {})) }, null, 2)}\n`,
          );
          return;
        }
        const { denied } = await client.call("denials", {});
        const color = paint(context.stdout, context.env);
        if (namespaces === undefined) {
          context.stdout.write(
            `${color.bold(lab.name)}${lab.title === undefined ? "" : `: ${lab.title}`}\n${color.gray(`${lab.file}, up since ${since}`)}\n\n`,
          );
        }
        const states = Object.values(observed.namespaces).filter(
          (state) => namespaces === undefined || namespaces.includes(state.ns),
        );
        context.stdout.write(states.map((state) => formatNamespace(state, observed.applied, color)).join("\n"));
        const shown = denied.filter(({ ns, packets }) => packets > 0 && states.some((state) => state.ns === ns));
        if (shown.length > 0) context.stdout.write(`\n${color.bold("denied by NetworkPolicies")}\n`);
        for (const { ns, pod, direction, policies, packets, bytes } of shown)
          context.stdout.write(
            `  ${ns}: ${direction} of ${pod}: ${packets} packets, ${bytes} bytes, isolated by ${policies}\n`,
          );
      } finally {
        client.close();
      }
    },
  );
  addExample(command, "k8snet-lab inspect overlay", "k8snet-lab inspect overlay node1 pod/client");
}
