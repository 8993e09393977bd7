/** Takes a lab down by its own record, also when its agent is dead or does not answer, and reports it. */
import { GREETING } from "../agent/connect.ts";
import { within } from "../agent/within.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentClient } from "../agent/client.ts";
import type { Driver } from "../drivers/driver.ts";
import { BuildError, LabError } from "../errors.ts";
import type { EventBus } from "./event-bus.ts";
import { findRecord, missingLab, recoverLab } from "./open-lab.ts";

/** Milliseconds. */
const AGAIN = 300;
/** Milliseconds for an agent to end, for one to open its socket, and between two looks. */
const END_LIMIT = 5000;
const SOCKET_LIMIT = 2000;
const LOOK_EVERY = 50;
/** Milliseconds for an agent to say anything before it is killed: its record is enough to take the lab down. */
const ANSWER_LIMIT = 12_000;

/** Takes down through an open connection. Throws BuildError when something stayed. */
async function takeDownBy(client: AgentClient, bus: EventBus): Promise<void> {
  const started = performance.now();
  let done = 0;
  const result = await client.call("down", {}, () => {
    done++;
    bus.emit({ type: "progress", phase: "down", done, total: 0 });
  });
  for (const text of result.left ?? []) bus.note(text, "warn");
  bus.emit({
    type: "down",
    removed: result.removed.length,
    failures: result.failures,
    ms: performance.now() - started,
  });
  client.close();
  await client.closed;
  if (result.failures.length > 0) {
    throw new BuildError(
      `taking lab ${bus.labName} down left ${result.failures.length} things behind`,
      [],
      `see above; k8snet-lab down ${bus.labName} tries again`,
    );
  }
}

/** The agent of a lab that we built: if it fails, another one takes over its record. */
export async function takeDown(
  { driver, client }: { readonly driver: Driver; readonly client: AgentClient },
  bus: EventBus,
): Promise<void> {
  try {
    await takeDownBy(client, bus);
  } catch (error) {
    if (!isLost(error)) throw error;
    await takeDownByName(driver, bus.labName, bus);
  } finally {
    client.close();
  }
}

/** Takes down a lab by its name, whatever state it is in. Throws UsageError when there is no record of it. */
export async function takeDownByName(driver: Driver, name: string, bus: EventBus): Promise<void> {
  bus.labName = name;
  const asked = await askAgent(driver, name, bus);
  if (asked === "down") return;
  if (asked === "lost") await endSilent(driver, name, bus);
  if ((await findRecord(driver, name)) === undefined) {
    if (asked === "lost") return; // it had finished; only its answer was lost
    throw await missingLab(driver, name);
  }
  const client = await recoverLab(driver, name, "", { leaving: true });
  try {
    await takeDownBy(client, bus);
  } finally {
    client.close();
  }
}

/** `lost`: it exists and failed twice: the first time may have been its end after another `down`. */
async function askAgent(driver: Driver, name: string, bus: EventBus): Promise<"down" | "lost" | "none"> {
  for (let tries = 1; ; tries++) {
    const client = await reachable(driver, name);
    if (client === null) return "none";
    if (client === "deaf") return "lost";
    try {
      // One without a free descriptor keeps running but never accepts our connection.
      if ((await within(client.call("hello", GREETING), ANSWER_LIMIT, undefined)) === undefined) return "lost";
      await client.call("lock", { purpose: "down" });
      await takeDownBy(client, bus);
      return "down";
    } catch (error) {
      if (!isLost(error)) throw error;
      if (tries === 2 || error.code === "ENOANSWER") return "lost";
    } finally {
      client.close();
    }
    await sleep(AGAIN);
  }
}

/** `deaf`: it holds the lab, and its socket is gone (a cleaner of /tmp). Briefly without a socket, it is starting or ending. */
async function reachable(driver: Driver, name: string): Promise<AgentClient | "deaf" | null> {
  const until = performance.now() + SOCKET_LIMIT;
  for (;;) {
    const client = await driver.connect(name);
    if (client !== null) return client;
    if ((await findRecord(driver, name))?.state !== "building") return null;
    if (performance.now() > until) return "deaf";
    await sleep(LOOK_EVERY);
  }
}

async function endSilent(driver: Driver, name: string, bus: EventBus): Promise<void> {
  const pid = await driver.end(name);
  if (pid === null) return;
  bus.note(
    `the agent of lab ${name} (pid ${pid}) did not answer and was killed; the lab is taken down from its record`,
    "warn",
  );
}

/** The agent is gone, is silent, or could not accept our connection. */
export function isLost(error: unknown): error is LabError {
  return error instanceof LabError && (error.code === "EAGENT" || error.code === "ENOANSWER");
}

/**
 * After a failed build: a lab that its agent could not roll back itself is taken down from its record, once that agent has
 * ended. True when there was one.
 */
export async function sweepBroken(driver: Driver, name: string, bus: EventBus): Promise<boolean> {
  const until = performance.now() + END_LIMIT;
  for (;;) {
    const state = (await findRecord(driver, name))?.state;
    if (state === "dead" || state === "no-answer") {
      await takeDownByName(driver, name, bus);
      return true;
    }
    if ((state !== "building" && state !== "going-down") || performance.now() > until) return false;
    await sleep(LOOK_EVERY);
  }
}
