/** Rules one by one, as a person types them; the agent and the script use iptables-restore, which is one step and faster. */
import { formatCause } from "../../cause.ts";
import type { Action } from "../operation.ts";
import type { IptablesResource } from "./definition.ts";
import { iptablesLines } from "./lines.ts";
import { encodeIptablesRestore } from "./restore-input.ts";
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
  all(changes, shell) {
    const text = encodeIptablesRestore(changes).trimEnd();
    const [first] = changes;
    if (first === undefined || text === "") return { causes: [], lines: [] };
    const tool = first.resource.family === "ipv6" ? "ip6tables-restore" : "iptables-restore";
    return {
      causes: changes.flatMap(({ resource: { table, chains } }) =>
        chains.flatMap(({ name, rules }) => rules.map(({ cause }) => `${table} ${name}: ${formatCause(cause)}`)),
      ),
      lines: [`${shell.exec(first.resource, tool, "--noflush")} <<'END-OF-RULES'`, text, "END-OF-RULES"],
    };
  },
};
