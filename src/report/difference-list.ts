/** What `diff` prints: differences of a lab one by one, and what is not of it. */
import { formatCause } from "../cause.ts";
import type { ForeignNote } from "../events.ts";
import { describeFault, faultsNote } from "../faults/inject.ts";
import type { InjectedFault } from "../faults/injected.ts";
import { formatNamespace } from "../net/place.ts";
import { printable } from "../printable.ts";
import { describeResource, encodeCommand } from "../resources/definitions.ts";
import { fixCommands } from "../resources/fix-commands.ts";
import type { Operation, Plan } from "../resources/operation.ts";
import { count } from "../counting.ts";
import type { Paint } from "./color.ts";

export interface DifferenceList {
  /** What was compared: `overlay and labs/overlay.yaml`. */
  readonly title: string;
  readonly plan: Plan;
  readonly foreign: readonly ForeignNote[];
  /** Faults that were injected: they are not differences. */
  readonly faults?: readonly InjectedFault[] | undefined;
  /** What commands have changed since: not differences either. */
  readonly changes?: readonly string[] | undefined;
  /** How the running lab is brought back; absent where two labs are compared. */
  readonly fix?: Fix | undefined;
  readonly color: Paint;
}

export interface Fix {
  /** Brings back all of it. */
  readonly all: string;
  /** It differs because its file was changed: single objects are not repaired. */
  readonly fileChanged?: boolean | undefined;
  /** The lab's namespaces have no names where the user is. */
  readonly remote?: boolean | undefined;
}

/** In place of longer ones (a table of rules) `repair` is shown; `--json` has them all. */
const SHOWN_LINES = 4;

/** A difference as its own lines: what, why, its cause, the command. */
function entry(plan: Plan, operation: Operation, color: Paint, fix: Fix | undefined): readonly string[] {
  const signs = { create: color.green("+"), update: color.yellow("~"), delete: color.red("-") } as const;
  const { action, resource, reason, cause } = operation;
  const isDrift = fix !== undefined;
  const commands = isDrift && fix.fileChanged !== true ? fixCommands(plan, operation, fix.remote) : [];
  const shown = commands.length > SHOWN_LINES ? fixCommands(plan, operation, true) : commands;
  return [
    `  ${signs[action]} ${formatNamespace(resource.ns)}: ${printable(describeResource(resource))}`,
    ...(isDrift || action === "update" ? (reason?.split("; ") ?? []).map((text) => `      ${printable(text)}`) : []),
    ...(isDrift ? [color.gray(`      id ${printable(resource.id)}`)] : []),
    color.gray(`      ← ${printable(formatCause(cause))}`),
    ...shown.map((line, i) => color.gray(`      ${i === 0 ? "fix: " : "     "}${printable(line)}`)),
  ];
}

export function differenceLines({
  title,
  plan,
  foreign,
  faults = [],
  changes = [],
  fix,
  color,
}: DifferenceList): readonly string[] {
  const { operations } = plan;
  const isDrift = fix !== undefined;
  const none = foreign.length === 0 ? "nothing differs" : "everything that belongs to the lab matches its file";
  const head = `${title}: ${operations.length === 0 ? none : count(operations.length, "difference")}`;
  return [
    printable(head),
    ...(faults.length === 0 ? [] : [`  ${color.yellow("!")} ${printable(faultsNote(plan.lab, faults))}`]),
    ...(changes.length === 0
      ? []
      : [`  changed by commands since it was built, which up --dry-run compares with the file:`]),
    ...changes.map((text) => `    ${printable(text)}`),
    ...operations.flatMap((operation) => entry(plan, operation, color, fix)),
    ...(foreign.length === 0 ? [] : [`  ${color.yellow("!")} not of this lab:`]),
    ...foreign.flatMap(({ place, what, command, unsure }) => [
      `    ${printable(`${place}: ${what}`)}${unsure ? color.gray("  (or made by a program that this lab runs there)") : ""}`,
      color.gray(`      remove it: ${printable(command)}`),
    ]),
    ...(isDrift && operations.length > 0
      ? [`  fix all of it: ${fix.all}${fix.fileChanged === true ? "" : `; one: ${fix.all} ID`}`]
      : []),
    ...(isDrift && foreign.length > 0
      ? [`  remove what is not of the lab: k8snet-lab repair ${plan.lab} --foreign`]
      : []),
  ];
}

/**
 * `{ lab, differences: [{ id, action, place, what, reason?, cause, commands }], foreign: [{ place, what, command, unsure }],
 * faults: [{ id, kind, what }] }`.
 * `action`: what brings it back (`create`, `update`, `delete`).
 */
export function differencesJson(
  plan: Plan,
  foreign: readonly ForeignNote[],
  faults: readonly InjectedFault[] = [],
  fix?: Fix,
): unknown {
  return {
    lab: plan.lab,
    differences: plan.operations.map((operation) => ({
      id: operation.resource.id,
      action: operation.action,
      place: formatNamespace(operation.resource.ns),
      what: describeResource(operation.resource),
      ...(operation.reason === undefined ? {} : { reason: operation.reason }),
      cause: operation.cause,
      commands:
        fix === undefined
          ? encodeCommand(plan.lab, operation).split("\n")
          : fix.fileChanged === true
            ? [fix.all]
            : fixCommands(plan, operation, fix.remote),
    })),
    foreign,
    faults: faults.map((fault) => ({ id: fault.id, kind: fault.kind, what: describeFault(fault) })),
  };
}
