/** Updates a running lab to the requested state: only what differs is changed. */
import { sysctlWants } from "../resources/sysctl/wants.ts";
import type { AgentClient } from "../agent/client.ts";
import type { Placement } from "../engine/place.ts";
import { BuildError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { planOperations } from "../plan/plan-operations.ts";
import { planPart } from "./plan-part.ts";
import type { Plan } from "../resources/operation.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { Resource } from "../resources/resource.ts";
import { findForeignObjects } from "../plan/foreign-objects.ts";
import { applyPlan } from "./apply-plan.ts";
import { mindNeighbourTables } from "./neighbour-tables.ts";
import type { UpRequest } from "./session.ts";
import { storeLab } from "./stored-lab.ts";
import { unlessAborted } from "./until-aborted.ts";
import type { Wanted } from "./with-live.ts";

/** What differs between the kernel and the wish. Also what the terminal UI shows as "what changed". */
export async function planDifference(client: AgentClient, lab: Lab, desired: readonly Resource[]): Promise<Plan> {
  const stored = await client.call("stored", {});
  const before = stored === null ? [] : planResources(reviveLab(stored));
  const observed = await client.observe({ sysctls: sysctlWants([...desired, ...before], true) });
  return { ...planOperations(lab.name, desired, observed), foreign: findForeignObjects(desired, observed) };
}

/** `only`: ids of resources; the rest of what differs is left. */
type ConvergeRequest = Pick<UpRequest, "driver" | "bus" | "signal" | "keep" | "tuneHost"> & {
  readonly only?: readonly string[] | undefined;
};

/** Throws BuildError when changes fail; the lab then stays up as it is. Returns what was done. */
export async function convergeLab(
  request: ConvergeRequest,
  client: AgentClient,
  { lab, desired, sources, live, underWay }: Wanted,
  note: string | undefined,
  placement?: Placement,
): Promise<Plan> {
  const { bus } = request;
  if (placement !== undefined) await client.call("place", placement);
  bus.emit({ type: "lab", lab, driver: request.driver.name, converging: true });
  if (note !== undefined) bus.note(note, "warn");
  await mindNeighbourTables(client, lab, desired, request);
  const whole = await unlessAborted(planDifference(client, lab, desired), request.signal);
  const plan = request.only === undefined ? whole : planPart(whole, request.only);
  bus.emit({ type: "plan", plan, afterwards: underWay?.texts });
  if ((plan.foreign ?? []).length > 0) (await import("./foreign-objects.ts")).reportForeignObjects(bus, lab, plan);
  const result = await applyPlan(client, plan, { mode: "converge", keep: true, bus, signal: request.signal });
  if (result.failures.length > 0) {
    throw new BuildError(
      `${result.failures.length} of ${plan.operations.length} changes to lab ${lab.name} failed`,
      [],
      "the lab stays up as it is; fix the cause and run up again, or take it down",
    );
  }
  await client.call("commit", { stored: storeLab(lab, sources, live) });
  return plan;
}
