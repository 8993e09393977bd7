/** What `diff` prints: differences of a lab one by one, and what is not of it. */
import { formatCause } from "../cause.ts";
import type { ForeignNote } from "../events.ts";
import { describeFault, faultsNote } from "../faults/inject.ts";
import type { InjectedFault } from "../faults/injected.ts";
import { formatNamespace } from "../net/place.ts";
import { printable } from "../printable.ts";
import { describeResource, encodeCommand } from "../resources/definitions.ts";
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
  /** The running lab that `repair` would bring back; absent where two labs are compared. */
  readonly repair?: string | undefined;
  readonly color: Paint;
}

/** Longer commands (a table of rules) are one more reason for `repair`. */
const SHOWN_LINES = 4;

/** A difference as its own lines: what, why, its cause, the command. */
function entry(lab: string, operation: Operation, color: Paint, isDrift: boolean): readonly string[] {
  const signs = { create: color.green("+"), update: color.yellow("~"), delete: color.red("-") } as const;
  const { action, resource, reason, cause } = operation;
  const commands = isDrift ? encodeCommand(lab, operation).split("\n") : [];
  const shown = commands.slice(0, SHOWN_LINES);
  const rest = commands.length - shown.length;
  return [
    `  ${signs[action]} ${formatNamespace(resource.ns)}: ${printable(describeResource(resource))}`,
    ...(isDrift || action === "update" ? (reason?.split("; ") ?? []).map((text) => `      ${printable(text)}`) : []),
    ...(isDrift ? [color.gray(`      id ${printable(resource.id)}`)] : []),
    color.gray(`      ← ${printable(formatCause(cause))}`),
    ...shown.map((line, i) => color.gray(`      ${i === 0 ? "by hand: " : "         "}${printable(line)}`)),
    ...(rest > 0 ? [color.gray(`               … and ${count(rest, "more line")}`)] : []),
  ];
}

export function differenceLines({
  title,
  plan,
  foreign,
  faults = [],
  changes = [],
  repair,
  color,
}: DifferenceList): readonly string[] {
  const { operations } = plan;
  const isDrift = repair !== undefined;
  const none = foreign.length === 0 ? "nothing differs" : "everything that belongs to the lab matches its file";
  const head = `${title}: ${operations.length === 0 ? none : count(operations.length, "difference")}`;
  return [
    printable(head),
    ...(faults.length === 0 ? [] : [`  ${color.yellow("!")} ${printable(faultsNote(plan.lab, faults))}`]),
    ...(changes.length === 0
      ? []
      : [`  changed by commands since it was built, which up --dry-run compares with the file:`]),
    ...changes.map((text) => `    ${printable(text)}`),
    ...operations.flatMap((operation) => entry(plan.lab, operation, color, isDrift)),
    ...(foreign.length === 0 ? [] : [`  ${color.yellow("!")} not of this lab:`]),
    ...foreign.flatMap(({ place, what, command, unsure }) => [
      `    ${printable(`${place}: ${what}`)}${unsure ? color.gray("  (or made by a program that this lab runs there)") : ""}`,
      color.gray(`      remove it: ${printable(command)}`),
    ]),
    ...(isDrift && operations.length > 0
      ? [`  fix all of it: k8snet-lab repair ${repair}; one: k8snet-lab repair ${repair} ID`]
      : []),
    ...(isDrift && foreign.length > 0
      ? [`  remove what is not of the lab: k8snet-lab repair ${repair} --foreign`]
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
      commands: encodeCommand(plan.lab, operation).split("\n"),
    })),
    foreign,
    faults: faults.map((fault) => ({ id: fault.id, kind: fault.kind, what: describeFault(fault) })),
  };
}
