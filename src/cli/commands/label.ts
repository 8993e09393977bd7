/** `k8snet-lab label`: sets or removes labels of pods and namespaces of a running lab. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { addChangeOptions, changeLab, type ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** `tier=web` sets, `tier-` removes. */
function readLabels(words: readonly string[]): Readonly<Record<string, string | null>> {
  const changes: Record<string, string | null> = {};
  for (const word of words) {
    const equals = word.indexOf("=");
    const key = equals < 0 ? word.replace(/-$/, "") : word.slice(0, equals);
    const value = equals < 0 ? null : word.slice(equals + 1);
    const isChange = equals >= 0 || word.endsWith("-");
    if (!isChange || !KEY.test(key) || (value !== null && (!VALUE.test(value) || value.length > 63)))
      throw new UsageError(`"${word}" is not a label`, "KEY=VALUE sets a label, KEY- removes it");
    changes[key] = value;
  }
  return changes;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Set or remove labels of a pod or a namespace on a running lab: Services and NetworkPolicies follow at once. A pod that its ReplicaSet no longer selects stays, and the ReplicaSet makes another one.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<OBJECT>", "pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1, ns/NAME")
    .argument("<LABEL...>", "KEY=VALUE, or KEY- to remove it")
    .option("--overwrite", "also labels that have another value");
  addChangeOptions(command).action(
    async (
      lab: string,
      object: string,
      words: readonly string[],
      options: ChangeOptions & { readonly overwrite?: boolean },
    ) => {
      const { setLabels } = await import("../../live/changes.ts");
      const change = setLabels(object, readLabels(words), options.overwrite === true);
      await changeLab({ lab, purpose: "label", change, options, context });
    },
  );
  addExample(
    command,
    "k8snet-lab label policy-three-tier pod/web tier=db --overwrite",
    "k8snet-lab label clusterip pod/web-1 app-",
  );
}
