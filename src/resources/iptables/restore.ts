/** One input for `iptables-restore --noflush`: all our tables of one namespace and family in one step. */
import { append } from "../../append.ts";
import type { Action } from "../operation.ts";
import type { IptablesResource } from "./definition.ts";
import { formatIptablesArgs } from "./table-words.ts";
import { iptablesLines } from "./lines.ts";

export interface IptablesChange {
  readonly action: Action;
  readonly resource: IptablesResource;
  readonly before?: IptablesResource | undefined;
}

const TABLES = ["raw", "mangle", "nat", "filter"] as const satisfies readonly IptablesResource["table"][];

function tableText(change: IptablesChange): readonly string[] {
  const declared: string[] = [];
  const lines: string[] = [];
  for (const words of iptablesLines(change.action, change.resource, change.before)) {
    const [verb = "", chain = "", value = ""] = words;
    // A declaration makes an own chain or empties it, whichever is needed; with --noflush a built-in one keeps its rules.
    if (verb === "-N" || (verb === "-F" && change.action !== "delete"))
      declared.push(`:${formatIptablesArgs([chain])} - [0:0]`);
    else if (verb === "-P") declared.push(`:${formatIptablesArgs([chain])} ${value} [0:0]`);
    else lines.push(formatIptablesArgs(words));
  }
  return [...declared, ...lines];
}

/**
 * Text for iptables-restore(8) or ip6tables-restore(8) with --noflush; empty when there is nothing to do. The whole input is one
 * namespace's and one family's. A rule to be deleted must exist, or the kernel refuses the table: `before`, and the
 * resource of a delete, contain only existing ones (planOperations ensures that).
 */
export function encodeIptablesRestore(resources: readonly IptablesChange[]): string {
  const out: string[] = [];
  for (const table of TABLES)
    for (const change of resources) {
      if (change.resource.table !== table) continue;
      const lines = tableText(change);
      if (lines.length > 0) append(out, [`*${table}`, ...lines, "COMMIT"]);
    }
  return out.length === 0 ? "" : `${out.join("\n")}\n`;
}
