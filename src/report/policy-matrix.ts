/** Who may reach whom by the policies, as a table: rows ask, columns are ports of pods. */
import { hostReason } from "../oracle/policy/host-reason.ts";
import { policyName } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type { ConnectionEnd } from "../oracle/policy/connection-ends.ts";
import type { VerdictReason } from "../oracle/policy/policy-oracle.ts";
import { groupVerdicts, type Connection } from "../oracle/policy/policy-connections.ts";
import type { Paint } from "./color.ts";

/** Wider tables are summed up by row. */
const WIDEST = 30;

export function formatPolicyMatrix(connections: readonly Connection[], color: Paint): string {
  const mixed = [...groupVerdicts(connections).values()].includes("mixed");
  const name = ({ name, group }: ConnectionEnd): string => (mixed ? name : group);
  const column = (connection: Connection): string =>
    `${name(connection.to)} ${connection.port}/${connection.protocol.toLowerCase()}`;
  const rows = new Map<string, Map<string, boolean>>();
  for (const connection of connections) {
    const row = rows.get(name(connection.from)) ?? new Map<string, boolean>();
    rows.set(name(connection.from), row);
    row.set(column(connection), connection.judgement.allowed);
  }
  // In the order of the rows, then what has none: a pod is never asked from itself, so the first row's own would come last.
  const order = new Map([...rows.keys()].map((text, i) => [text, i]));
  const rank = ({ to }: Connection): number => order.get(name(to)) ?? rows.size;
  const columns = [...new Set(connections.toSorted((a, b) => rank(a) - rank(b)).map(column))];
  const left = Math.max(...[...rows.keys()].map((text) => text.length), 4);
  if (columns.length > WIDEST) {
    return [...rows]
      .map(([text, row]) => {
        const open = [...row.values()].filter(Boolean).length;
        return `${text.padEnd(left)}  reaches ${open} of ${row.size}\n`;
      })
      .join("");
  }
  const width = String(columns.length).length + 2;
  const cell = (allowed: boolean | undefined): string => {
    const text = (allowed === undefined ? "-" : allowed ? "." : "X").padStart(width);
    return allowed === false ? color.red(text) : allowed === true ? color.green(text) : text;
  };
  return [
    `${" ".repeat(left)}${columns.map((_, i) => String(i + 1).padStart(width)).join("")}`,
    ...[...rows].map(([text, row]) => `${text.padEnd(left)}${columns.map((one) => cell(row.get(one))).join("")}`),
    ...columns.map((text, i) => `  ${String(i + 1).padStart(width - 2)} ${text}`),
    "  . allowed  X denied  - not tested",
    "",
  ].join("\n");
}

const OPEN: Partial<Record<VerdictReason, string>> = {
  "own-node": "always, between a pod and its own node",
  "no-pod": "not policed: not a pod",
  "host-network": "not policed: in its node's network",
};

/** `shop/web → shop/db TCP 5432 is denied: ingress isolated by NetworkPolicy shop/db (a.yaml:3:5)`. */
export function formatVerdict({ from, to, protocol, port, judgement }: Connection): string {
  const head = `${from.name} → ${to.name} ${protocol} ${port} is ${judgement.allowed ? "allowed" : "denied"}`;
  const place = (cause: { readonly source?: { file: string; line: number } | undefined }): string =>
    cause.source === undefined ? "" : ` (${cause.source.file}:${cause.source.line})`;
  const reasons = (["egress", "ingress"] as const).flatMap((direction) => {
    const { allowed, isolatedBy, decidedBy, reason } = judgement[direction];
    const by =
      decidedBy && `${policyName(decidedBy.policy)} ${decidedBy.rule.cause.reason}${place(decidedBy.rule.cause)}`;
    if (!allowed)
      return [
        by === undefined
          ? `${direction} isolated by ${isolatedBy.map((p) => `${policyName(p)}${place(p.cause)}`).join(", ")}, and no rule allows it`
          : `${direction} denied by ${by}`,
      ];
    if (!judgement.allowed) return [];
    return [by === undefined ? `${direction} ${OPEN[reason] ?? "not isolated"}` : `${direction} by ${by}`];
  });
  const hosts = (judgement.hosts ?? []).filter(({ allowed }) => allowed === judgement.allowed).map(hostReason);
  return `${head}: ${[...reasons, ...hosts].join("; ")}`;
}
