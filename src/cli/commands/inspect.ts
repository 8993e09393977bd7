/** `k8snet-lab inspect`: what is really in the namespaces of a lab, and why. */
import { withLab } from "../with-lab.ts";
import { readRuleWord } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { Command } from "commander";
import { describeFault, faultsNote } from "../../faults/inject.ts";
import { resolveTarget } from "../../targets/parse-target.ts";
import { paint } from "../../report/color.ts";
import type { NamespaceState } from "../../resources/observed.ts";
import { UsageError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { formatNamespace, SECTIONS, type Section } from "../inspect/format-namespace.ts";
import { jsonPieces } from "../inspect/json-pieces.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { namespacesOf } from "../../resources/definitions.ts";
import type { Resource } from "../../resources/resource.ts";
import { sysctlWants } from "../../resources/sysctl/wants.ts";

interface InspectOptions extends DriverOptions {
  readonly json?: boolean;
  readonly only?: readonly Section[];
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Show what the kernel has: every namespace, device, address, route and rule, each with the line of YAML that caused it.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("[TARGET...]", "only these namespaces: node1, pod/NAME")
    .option(
      "--only <SECTIONS>",
      `only these sections, separated by commas: ${SECTIONS.join(", ")} (unambiguous prefixes are enough)`,
      parseSections,
    )
    .option("--json", "one JSON object: {lab, since, faults, agent, namespaces, applied, running, denied}");
  addDriverOptions(command).action((labText: string, targets: readonly string[], options: InspectOptions) =>
    withLab(labText, options, context, async ({ client, lab, since }) => {
      const namespaces =
        targets.length === 0 ? undefined : [...new Set(targets.map((target) => resolveTarget(lab, target).ns))];
      const { planResources } = await import("../../plan/plan-lab.ts");
      const observed = await client.observe({
        ...(namespaces === undefined ? {} : { namespaces, applied: "there" }),
        sysctls: sysctlWants(planResources(lab)),
      });
      if (options.json === true) {
        // Asked before the answer is assembled: these are the agent's own figures, without the cost of this command.
        const agent = await client.call("stats", {});
        const head = { name: lab.name, title: lab.title, description: lab.description, file: lab.file };
        const faults = (lab.injected ?? []).map(describeFault);
        const all = { lab: head, since, faults, agent, ...observed, ...(await client.call("denials", {})) };
        for (const piece of jsonPieces(all)) await writeAll(context.stdout, piece);
        await writeAll(context.stdout, "\n");
        return;
      }
      const { denied } = await client.call("denials", {});
      const color = paint(context.stdout, context.env);
      if (namespaces === undefined) {
        context.stdout.write(
          `${color.bold(lab.name)}${lab.title === undefined ? "" : `: ${lab.title}`}\n${color.gray(`${lab.file}, up since ${since}`)}\n${summaryOf(Object.values(observed.namespaces))}\n${lab.injected === undefined ? "" : `${color.yellow(faultsNote(lab.name, lab.injected))}\n`}\n`,
        );
      }
      const states = Object.values(observed.namespaces).filter(
        (state) => namespaces === undefined || namespaces.includes(state.ns),
      );
      const applied = resourcesByNamespace(observed.applied);
      for (const [index, state] of states.entries()) {
        const text = formatNamespace(state, applied.get(state.ns) ?? {}, color, options.only);
        await writeAll(context.stdout, index === 0 ? text : `\n${text}`);
      }
      const shown = denied.filter(({ ns, packets }) => packets > 0 && states.some((state) => state.ns === ns));
      if (shown.length > 0) context.stdout.write(`\n${color.bold("denied by policies")}\n`);
      for (const { ns, pod, direction, policies, packets, bytes } of shown)
        context.stdout.write(
          `  ${ns}: ${direction} of ${pod}: ${packets} packets, ${bytes} bytes, ${denierText(policies)}\n`,
        );
    }),
  );
  addExample(
    command,
    "k8snet-lab inspect overlay node1 pod/client",
    "k8snet-lab inspect overlay node1 --only routes,neigh",
  );
}

/** Resolves when more may be written: what a large lab has does not fit into memory as text. */
async function writeAll(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (stream.write(text) || !stream.writable) return;
  const events = ["drain", "close", "error"];
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      for (const event of events) stream.off(event, goOn);
      resolve();
    };
    for (const event of events) stream.on(event, goOn);
  });
}

/** By id, for each namespace: its own, and those with devices there. */
function resourcesByNamespace(
  applied: Readonly<Record<string, Resource>>,
): ReadonlyMap<string, Readonly<Record<string, Resource>>> {
  const byNamespace = new Map<string, Record<string, Resource>>();
  for (const [id, resource] of Object.entries(applied))
    for (const ns of namespacesOf(resource)) {
      const there = byNamespace.get(ns) ?? {};
      byNamespace.set(ns, there);
      there[id] = resource;
    }
  return byNamespace;
}

/** Throws UsageError for a word that is not a prefix of any section. */
function parseSections(text: string): readonly Section[] {
  return text.split(",").map((word) => {
    const found = SECTIONS.find((section) => word !== "" && section.startsWith(word.trim().toLowerCase()));
    if (found === undefined) throw new UsageError(`unknown section "${word}"`, `sections: ${SECTIONS.join(", ")}`);
    return found;
  });
}

/** `16 namespaces, 43 devices, …`. */
function summaryOf(states: readonly NamespaceState[]): string {
  const count = (list: (state: NamespaceState) => readonly unknown[]): number =>
    states.reduce((sum, state) => sum + list(state).length, 0);
  return [
    `${states.length} namespaces`,
    `${count((state) => state.links)} devices`,
    `${count((state) => state.addrs)} addresses`,
    `${count((state) => state.routes)} routes`,
  ].join(", ");
}

/** `isolated by x/p1`, `denied by rule 2 of ClusterNetworkPolicy deny-internet`. */
function denierText(words: string): string {
  const rule = readRuleWord(words);
  return rule === undefined ? `isolated by ${words}` : `denied by rule ${rule.number} of ${rule.kind} ${rule.name}`;
}
