/** Rules one by one, as a person types them; the agent and the script use iptables-restore, which is one step and faster. */
import type { Action } from "../operation.ts";
import type { IptablesResource } from "./definition.ts";
import { iptablesLines } from "./lines.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function lines(
  action: Action,
  iptables: IptablesResource,
  before: IptablesResource | undefined,
  shell: Shell,
): readonly string[] {
  const tool = iptables.family === "ipv6" ? "ip6tables" : "iptables";
  return iptablesLines(action, iptables, before).map((words) =>
    shell.exec(iptables, tool, "-w", "-t", iptables.table, ...words),
  );
}

export const iptablesEncoder: KindEncoder<IptablesResource> = {
  create: (iptables, shell) => lines("create", iptables, undefined, shell),
  update: (iptables, before, shell) => lines("update", iptables, before, shell),
  remove: (iptables, shell) => lines("delete", iptables, undefined, shell),
};
