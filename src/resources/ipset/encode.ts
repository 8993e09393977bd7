/** Sets of addresses: `ipset`. */
import type { Action } from "../operation.ts";
import type { IpsetResource } from "./definition.ts";
import { ipsetLines } from "./lines.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function lines(
  action: Action,
  ipset: IpsetResource,
  before: IpsetResource | undefined,
  shell: Shell,
): readonly string[] {
  return ipsetLines(action, ipset, before).map((words) => shell.exec(ipset, "ipset", ...words));
}

export const ipsetEncoder: KindEncoder<IpsetResource> = {
  create: (ipset, shell) => lines("create", ipset, undefined, shell),
  update: (ipset, before, shell) => lines("update", ipset, before, shell),
  remove: (ipset, shell) => lines("delete", ipset, undefined, shell),
};
