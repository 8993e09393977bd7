/** Commands for ipvsadm that bring the virtual servers of one family from one state to another. */
import type { Action } from "../operation.ts";
import type { IpvsResource } from "./definition.ts";

/** `-t 10.96.0.1:443` of a line; of one for a mark `-f 8000 -6`. */
function virtualServer(line: string): string {
  return /^-[Aa] (.+?) -[sr] /.exec(line)?.[1] ?? "";
}

/** With the real server: `-t 10.96.0.1:443 -r 10.1.0.2:6443`. */
function realServer(line: string): string {
  return /^-a (.+? -r \S+)/.exec(line)?.[1] ?? "";
}

const isReal = (line: string): boolean => line.startsWith("-a ");

function update(wanted: readonly string[], there: readonly string[]): readonly string[] {
  const [wants, has] = [new Set(wanted), new Set(there)];
  const keptServers = new Set(wanted.filter((line) => !isReal(line)).map(virtualServer));
  const oldServers = new Set(there.filter((line) => !isReal(line)).map(virtualServer));
  const keptReals = new Set(wanted.filter(isReal).map(realServer));
  const oldReals = new Set(there.filter(isReal).map(realServer));
  const gone = there.filter((line) => !wants.has(line));
  const fresh = wanted.filter((line) => !has.has(line));
  return [
    // A virtual server takes its real servers with it.
    ...gone
      .filter((line) => !isReal(line) && !keptServers.has(virtualServer(line)))
      .map((line) => `-D ${virtualServer(line)}`),
    ...fresh.map((line) => {
      if (isReal(line)) return oldReals.has(realServer(line)) ? line.replace(/^-a /, "-e ") : line;
      return oldServers.has(virtualServer(line)) ? line.replace(/^-A /, "-E ") : line;
    }),
    ...gone
      .filter((line) => isReal(line) && keptServers.has(virtualServer(line)) && !keptReals.has(realServer(line)))
      .map((line) => `-d ${realServer(line)}`),
  ];
}

/** Lines for ipvsadm(8)'s --restore, or each on its own after `ipvsadm`. `before`: the current state. */
export function ipvsLines(action: Action, resource: IpvsResource, before?: IpvsResource): readonly string[] {
  const lines = resource.lines.map((line) => line.text);
  if (action === "delete") return lines.filter((line) => !isReal(line)).map((line) => `-D ${virtualServer(line)}`);
  return update(lines, action === "create" ? [] : (before?.lines ?? []).map((line) => line.text));
}
