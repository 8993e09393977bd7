/** Objects on the lab's nodes and pods that do not belong to the lab, with the command that removes each. */
import { shellLine } from "../net/shell-word.ts";
import { LabError } from "../errors.ts";
import type { ForeignNote } from "../events.ts";
import type { Lab } from "../lab/lab.ts";
import { podText } from "../targets/parse-target.ts";
import type { Plan } from "../resources/operation.ts";
import type { EventBus } from "./event-bus.ts";
import { planDrift } from "./converge.ts";
import type { Session } from "./session.ts";

/** `node1`, `pod/web`: a namespace as commands take it. */
export function targetText(ns: string): string {
  const [namespace = "", name] = ns.split("/");
  return name === undefined ? ns : podText({ namespace, name });
}

export function foreignNotes(lab: Pick<Lab, "name">, { foreign = [] }: Plan): readonly ForeignNote[] {
  return foreign.map(({ ns, what, remove, unsure }) => {
    const place = targetText(ns);
    const command = shellLine("k8snet-lab", "exec", lab.name, place, "--", ...remove);
    return { place, what, command, unsure };
  });
}

export function reportForeignObjects(bus: EventBus, lab: Pick<Lab, "name">, plan: Plan): void {
  const strangers = foreignNotes(lab, plan);
  if (strangers.length > 0) bus.emit({ type: "strangers", strangers });
}

/** After checks: what may be behind their failures and is in no file. The lab is not touched. */
export async function lookForForeignObjects(bus: EventBus, { client, lab }: Session): Promise<void> {
  try {
    reportForeignObjects(bus, lab, await planDrift(client, lab));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    // What the checks say counts.
    bus.note(`could not determine whether others changed the lab: ${error.message}`, "warn");
  }
}
