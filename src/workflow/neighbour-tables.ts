/** What `up` does about the host's neighbour tables: warns when the lab's checks will overflow them, raises them on request. */
import { GREETING } from "../agent/connect.ts";
import type { AgentClient } from "../agent/client.ts";
import type { Lab } from "../lab/lab.ts";
import type { Resource } from "../resources/resource.ts";
import type { EventBus } from "./event-bus.ts";

export interface NeighbourTables {
  readonly bus: EventBus;
  /** --tune-host */
  readonly tuneHost: boolean;
}

/** While the lab's lock is held. Throws HostError when the tables are to be raised and cannot be. */
export async function mindNeighbourTables(
  client: AgentClient,
  lab: Lab,
  desired: readonly Resource[],
  { bus, tuneHost }: NeighbourTables,
): Promise<void> {
  if (lab.checks.length === 0) return;
  const { foreseeNeighbours, neighbourNeeds } = await import("../doctor/neighbours.ts");
  const needs = neighbourNeeds(desired, lab);
  const fits = needs.every((need) => need.fits);
  if (!tuneHost) {
    if (fits) return;
    const { text } = foreseeNeighbours(desired, lab);
    bus.note(`${text}; --tune-host raises that limit until the lab is down`, "warn");
    return;
  }
  const { rootless } = await client.call("hello", GREETING);
  // The agent is informed even if they fit: the tables are shared by all labs.
  if (rootless && fits) return;
  const entries = Object.fromEntries(needs.map((need) => [need.family, need.entries]));
  const { raised } = await client.call("raiseLimits", { entries });
  if (raised.length === 0) return;
  const changes = raised.map(({ key, from, to }) => `${key} ${from} → ${to}`).join(", ");
  bus.note(`raised until the last lab that needs it is down: ${changes}`);
}
