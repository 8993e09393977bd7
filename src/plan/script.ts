/**
 * A plan as a shell script: run as root on an empty machine it builds the same network state as the operations.
 * All namespaces first, then the cables between them, then each namespace's own matters.
 */
import { formatCause } from "../cause.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Operation, Plan } from "../resources/operation.ts";
import { netnsName } from "../net/netns-name.ts";
import { commandLines, definitionOf, scriptPart } from "../resources/definitions.ts";
import { Shell } from "../resources/encode-kind.ts";
import { printable } from "../printable.ts";
import { shellLine } from "../net/shell-word.ts";

/** What only the agent can do: shown, not executed. */
function isShown({ resource }: Operation): boolean {
  return scriptPart(resource) === "comment";
}

function comment(text: string): string {
  return `# ${printable(text)}`;
}

/** Writes operations with their causes; the same cause is printed once in a row. */
class Writer {
  readonly lines: string[] = [];
  readonly #lab: string;
  #cause = "";

  constructor(lab: string) {
    this.#lab = lab;
  }

  section(title: string): void {
    this.lines.push("", comment(`-- ${title} ${"-".repeat(Math.max(3, 100 - title.length))}`));
    this.#cause = "";
  }

  cause(text: string): void {
    if (text !== this.#cause) this.lines.push(comment(text));
    this.#cause = text;
  }

  operation(operation: Operation): void {
    this.cause(formatCause(operation.cause));
    for (const line of commandLines(this.#lab, operation))
      this.lines.push(isShown(operation) && !line.startsWith("#") ? comment(`  ${line}`) : line);
  }

  together(operations: readonly Operation[]): void {
    for (const { resource } of operations.slice(0, 1)) {
      const { causes = [], lines = [] } = definitionOf(resource).encode.all?.(operations, new Shell(this.#lab)) ?? {};
      for (const cause of causes) this.cause(cause);
      this.lines.push(...lines);
    }
  }
}

type Phase = "delete" | "namespace" | "cable" | "rest";

/** The rest has a section for each namespace. */
const SECTIONS: readonly (readonly [Phase, string])[] = [
  ["delete", "No longer needed"],
  ["namespace", "Namespaces"],
  ["cable", "Bridges and cables"],
];

function phaseOf({ action, resource }: Operation): Phase {
  if (action === "delete") return "delete";
  const part = scriptPart(resource);
  return part === "namespace" || part === "cable" ? part : "rest";
}

function writeRest(writer: Writer, operations: readonly Operation[]): void {
  for (const [ns, list] of Map.groupBy(operations, ({ resource }) => resource.ns)) {
    writer.section(ns);
    const [joined, single] = [true, false].map((all) =>
      list.filter(({ resource }) => (definitionOf(resource).encode.all !== undefined) === all),
    );
    for (const operation of single ?? []) if (!isShown(operation)) writer.operation(operation);
    const groupOf = ({ action, resource }: Operation): string =>
      `${resource.kind} ${definitionOf(resource).together?.(action, resource) ?? ""}`;
    for (const some of Map.groupBy(joined ?? [], groupOf).values()) writer.together(some);
    for (const operation of list) if (isShown(operation)) writer.operation(operation);
  }
}

/** POSIX shell, `set -eu`; every value quoted, every cause a comment. Processes, servers and files are shown as comments. */
export function encodeScript(plan: Plan): string {
  const phases = Map.groupBy(plan.operations, phaseOf);
  const writer = new Writer(plan.lab);
  writer.lines.push(
    "#!/bin/sh",
    comment(
      `Lab ${plan.lab}: what \`k8snet-lab up\` builds, as commands. Run as root on a machine where none of it exists yet:`,
    ),
    "# sh THIS-FILE. What runs inside (servers, containers' commands, their files) is shown as comments.",
  );
  const netns = plan.operations.flatMap(({ action, resource }) =>
    action === "create" && isNetns(resource) ? netnsName(plan.lab, resource) : [],
  );
  if (netns.length > 0)
    writer.lines.push(
      "# To take it down again:",
      ...netns.map((name) => comment(`  ${shellLine("ip", "netns", "del", name)}`)),
    );
  writer.lines.push("set -eu");
  for (const [phase, title] of SECTIONS) {
    const operations = phases.get(phase) ?? [];
    if (operations.length > 0) writer.section(title);
    for (const operation of operations) writer.operation(operation);
  }
  writeRest(writer, phases.get("rest") ?? []);
  return `${writer.lines.join("\n")}\n`;
}
