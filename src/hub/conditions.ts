/** Results of the watches on all machines. A node that is no longer watched, because its machine is gone or was restarted, has no link. */
import { watchesOf } from "../resources/watch/definition.ts";
import type { Condition } from "../services/watch/protocol.ts";
import type { HubLab } from "./hub-lab.ts";

export async function conditionsAcross(lab: HubLab): Promise<readonly Condition[]> {
  const said = (await lab.callAll("conditions", {})).flatMap(({ conditions }) => conditions);
  const watched = new Set(said.flatMap(({ subject }) => (subject.kind === "node" ? [subject.name] : [])));
  const silent = watchesOf(lab.resources.values(), "node").flatMap(({ subject }) =>
    watched.has(subject.name) ? [] : [{ subject, ok: false, decided: true }],
  );
  return [...said, ...silent];
}
