/** Starts the agent of a lab before its file is read, and before most of this program is loaded: both start at the same time. */
import type { AgentClient } from "../agent/client.ts";
import type { Driver } from "../drivers/driver.ts";
import type { StartGate } from "./start-gate.ts";

/** Mistakes in the file are reported first: a rejection must not go unhandled until it is awaited. */
export function startAhead(driver: Driver, gate: StartGate, signal: AbortSignal): Promise<AgentClient> {
  const starting = gate
    .enter(signal)
    .then(() => driver.probe(undefined))
    .then(() => driver.start());
  starting.catch(() => undefined);
  return starting;
}
