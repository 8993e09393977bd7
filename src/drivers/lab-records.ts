/** Which labs have a record under a folder, and what state each is in. */
import { within } from "../agent/within.ts";
import type { AgentClient } from "../agent/client.ts";
import { connectAgent, GREETING } from "../agent/connect.ts";
import { labFolder, labTrouble, lockHolder, mustBeIntact, recordedLabs, socketPath } from "../agent/state-folder.ts";
import { LabError } from "../errors.ts";
import { agentGone } from "./agent-gone.ts";
import type { RunningLab } from "./driver.ts";

/** Milliseconds for an agent to say how it is. */
const ANSWER_LIMIT = 3000;

/** Null when no agent answers. Rejects with HostError when something else is at the path of a part of the lab's record. */
export async function connectLab(parent: string, lab: string): Promise<AgentClient | null> {
  mustBeIntact(parent, lab);
  return connectAgent(socketPath(parent, lab), {
    lab,
    pid: () => lockHolder(parent, lab),
    gone: () => agentGone(parent, lab),
  });
}

export function listLabs(parent: string, driver: string, rootless: boolean): Promise<RunningLab[]> {
  return Promise.all(recordedLabs(parent).map((name) => describeLab(parent, name, driver, rootless)));
}

async function describeLab(parent: string, name: string, driver: string, rootless: boolean): Promise<RunningLab> {
  const record = { name, folder: labFolder(parent, name), driver, rootless };
  const trouble = labTrouble(parent, name);
  if (trouble !== undefined) return { ...record, pid: null, state: "unusable", trouble };
  const holder = lockHolder(parent, name);
  if (holder === null) return { ...record, pid: null, state: "dead" };
  const info = await greet(await connectLab(parent, name));
  return { ...record, pid: holder, ...info };
}

/** An agent's report about its lab. One that has no socket yet, or no longer, is starting or ending. */
export async function greet(
  client: AgentClient | null,
): Promise<Pick<RunningLab, "state"> & Partial<Pick<RunningLab, "pid" | "lost" | "engines">>> {
  if (client === null) return { state: "building" };
  try {
    const info = await within(client.call("hello", GREETING), ANSWER_LIMIT, undefined);
    if (info === undefined) return { state: "no-answer" };
    const { pid, phase, lost, engines } = info;
    return { pid, state: phase === "idle" ? "going-down" : phase, lost, engines };
  } catch (error) {
    return { state: error instanceof LabError && error.code === "ENOANSWER" ? "no-answer" : "going-down" };
  } finally {
    client.close();
  }
}
