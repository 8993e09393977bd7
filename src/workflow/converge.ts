/** Updates a running lab to the requested state: only what differs is changed. */
import { sysctlWants } from "../resources/sysctl/wants.ts";
import { callsPlugins } from "../resources/cni/attached.ts";
import type { AgentClient } from "../agent/client.ts";
import type { Placement } from "../engine/place.ts";
import { BuildError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import type { ObservedState } from "../resources/observed.ts";
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

/** What differs between the kernel and the wish. */
export async function planDifference(client: AgentClient, lab: Lab, desired: readonly Resource[]): Promise<Plan> {
  const observed = await client.observe({ ownSysctls: true, sysctls: sysctlWants(desired) });
  return compared(lab, desired, observed);
}

/** What differs between the kernel and the lab that is up, which is planned while the agent looks. */
export async function planDrift(client: AgentClient, running: Lab): Promise<Plan> {
  const observing = client.observe({ ownSysctls: true });
  observing.catch(() => undefined); // awaited below; an error of planning comes first
  const desired = planResources(running);
  return compared(running, desired, await observing);
}

function compared({ name }: Lab, desired: readonly Resource[], observed: ObservedState): Plan {
  return {
    ...planOperations(name, desired, observed),
    foreign: findForeignObjects(desired, observed),
    userSpace: observed.userSpace,
  };
}

/** `only`: ids of resources; the rest of what differs is left. */
type ConvergeRequest = Pick<UpRequest, "driver" | "bus" | "signal" | "keep" | "tuneHost"> & {
  readonly only?: readonly string[] | undefined;
};

/** Throws BuildError when changes fail; the lab then stays up as it is. Returns what was done, and the lab with what plugins have made. */
export async function convergeLab(
  request: ConvergeRequest,
  client: AgentClient,
  wanted: Wanted,
  note: string | undefined,
  placement?: Placement,
): Promise<{ readonly plan: Plan; readonly now: Wanted }> {
  const { bus } = request;
  if (placement !== undefined) await client.call("place", placement);
  const stored = await client.call("stored", {});
  const hasMade = stored?.live?.attachments !== undefined;
  const adopt = hasMade || callsPlugins(wanted.desired) ? await import("../live/adopt.ts") : undefined;
  if (hasMade && request.only === undefined) await adopt?.detached(client, stored, wanted.desired);
  const current = (await adopt?.refreshed(client, wanted)) ?? wanted;
  const { lab, desired, underWay } = current;
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
  const now = (await adopt?.adopted(client, current)) ?? current;
  await client.call("commit", { stored: storeLab(now.lab, now.sources, now.live) });
  return { plan, now };
}
