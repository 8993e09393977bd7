/** One input for `ipset restore`: all changes of one namespace's sets in one process. */
import type { Action } from "../operation.ts";
import type { IpsetResource } from "./definition.ts";
import { ipsetLines } from "./lines.ts";

export interface IpsetChange {
  readonly action: Action;
  readonly resource: IpsetResource;
  readonly before?: IpsetResource | undefined;
}

/** Text for ipset(8)'s restore with -exist; empty when there is nothing to do. A set that is made starts empty. */
export function encodeIpsetRestore(changes: readonly IpsetChange[]): string {
  const lines = changes.flatMap(({ action, resource, before }) => {
    const words = ipsetLines(action, resource, before);
    return action === "create" ? words.toSpliced(1, 0, ["flush", resource.name]) : words;
  });
  return lines.map((words) => `${words.join(" ")}\n`).join("");
}
