/** Brings a running lab, or parts of it, back to what it was built from. */
import type { AgentClient } from "../agent/client.ts";
import type { Driver } from "../drivers/driver.ts";
import { BuildError, LabError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { UNTOUCHED } from "../kube/workload/live-state.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { ForeignObject } from "../resources/foreign-object.ts";
import { convergeLab } from "./converge.ts";
import type { EventBus } from "./event-bus.ts";
import { targetText } from "./foreign-objects.ts";

export interface RepairScope {
  /** Ids of resources; with them comes what they need. Absent: all that differs. */
  readonly only?: readonly string[] | undefined;
  /** What is not of the lab goes too. */
  readonly foreign?: boolean | undefined;
  /** Injected faults are undone too. */
  readonly faults?: boolean | undefined;
}

/** Milliseconds for the command that removes a foreign object. */
const REMOVAL = 10_000;

/**
 * Holds the lock while it runs. Throws UsageError for an id that does not differ, LabError when the lab has no agent, BuildError when
 * something could not be fixed.
 */
export async function repairLab(
  request: { readonly driver: Driver; readonly bus: EventBus; readonly signal: AbortSignal },
  name: string,
  { only, foreign = false, faults = false }: RepairScope = {},
): Promise<void> {
  const client = await request.driver.connect(name);
  if (client === null)
    throw new LabError("EAGENT", 4, `the agent of lab ${name} does not answer`, {
      hint: `k8snet-lab check ${name} restarts it`,
    });
  try {
    await client.call("lock", { purpose: "repair" });
    const stored = await client.call("stored", {});
    if (stored === null) throw new LabError("EBUSY", 4, `lab ${name} is still being built`);
    const { injected, ...healthy } = reviveLab(stored);
    const lab: Lab = faults || injected === undefined ? healthy : { ...healthy, injected };
    const { sources } = stored;
    const { faults: active, ...rest } = stored.live ?? UNTOUCHED;
    const live = faults || active === undefined ? rest : { ...rest, faults: active };
    const wanted = { lab, desired: planResources(lab), sources, live };
    const { plan } = await convergeLab({ ...request, keep: true, tuneHost: false, only }, client, wanted, undefined);
    if (foreign) await removeForeign(client, lab, plan.foreign ?? [], request.bus);
  } finally {
    client.close();
  }
}

async function removeForeign(
  client: AgentClient,
  { name }: Lab,
  objects: readonly ForeignObject[],
  bus: EventBus,
): Promise<void> {
  const failed: string[] = [];
  for (const { ns, what, remove } of objects) {
    const text = `${targetText(ns)}: ${what}`;
    const { exitCode, stderr } = await client.call("run", { ns, argv: [...remove], timeout: REMOVAL });
    if (exitCode === 0) bus.emit({ type: "note", level: "info", text: `removed ${text}` });
    else failed.push(`${text}: ${stderr.trim()}`);
  }
  if (failed.length > 0)
    throw new BuildError(`not removed from lab ${name}: ${failed.join("; ")}`, [], "the lab stays up as it is");
}
