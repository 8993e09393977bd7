/** A plan for people: one line per operation with its cause, by namespace, and the counts at the end. */
import { formatCause } from "../cause.ts";
import { printable } from "../printable.ts";
import { describeResource } from "../resources/definitions.ts";
import type { Action, Operation, Plan } from "../resources/operation.ts";

const SIGN = { create: "+", update: "~", delete: "-" } as const satisfies Record<Action, string>;
/** Longer descriptions do not push the causes of all others to the right. */
const MAX_COLUMN = 84;

function what({ action, resource, reason }: Operation): string {
  return printable(`${SIGN[action]} ${describeResource(resource)}${reason === undefined ? "" : `  [${reason}]`}`);
}

/** `node1`, and for what is on a node but in a namespace of its own `node1: default/client`. */
function heading(operation: Operation): string {
  const { ns, node } = operation.resource;
  return ns === node ? node : `${node}: ${ns}`;
}

/** Operations by namespace, the namespaces of one node together. */
function byPlace(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const byNode = Map.groupBy(operations, (operation) => operation.resource.node);
  return Map.groupBy([...byNode.values()].flat(), heading);
}

/** `38 operations: 36 to create, 1 to update, 1 to delete`. */
export function formatCounts(plan: Plan): string {
  const count = (action: Action): number => plan.operations.filter((operation) => operation.action === action).length;
  const total = plan.operations.length;
  if (total === 0) return "nothing to do: the lab matches its file";
  const parts = (["create", "update", "delete"] as const)
    .map((action) => [action, count(action)] as const)
    .filter(([, n]) => n > 0);
  return `${total} ${total === 1 ? "operation" : "operations"}: ${parts.map(([action, n]) => `${n} to ${action}`).join(", ")}`;
}

export function formatPlan(plan: Plan): string {
  const rows = [...byPlace(plan.operations)].map(
    ([place, operations]) =>
      [
        place,
        operations.map((operation) => [what(operation), printable(formatCause(operation.cause))] as const),
      ] as const,
  );
  const width = Math.min(
    MAX_COLUMN,
    rows.flatMap(([, list]) => list).reduce((max, [text]) => Math.max(max, text.length), 0),
  );
  const lines = rows.flatMap(([place, list]) => [
    printable(place),
    ...list.map(([text, cause]) => `  ${text.padEnd(width)}  # ${cause}`),
    "",
  ]);
  return [...lines, formatCounts(plan), ""].join("\n");
}
