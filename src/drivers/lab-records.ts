/** Which labs have a record under a folder, and what state each is in. */
import type { AgentClient } from "../agent/client.ts";
import { connectAgent } from "../agent/connect.ts";
import { labFolder, lockHolder, recordedLabs, socketPath } from "../agent/state-folder.ts";
import { agentGone } from "./agent-gone.ts";
import type { RunningLab } from "./driver.ts";

/** An agent that is busy for longer than this is still there: its lock tells. */
const ANSWER_LIMIT = 2000;

/** Null when no agent answers. */
export function connectLab(parent: string, lab: string): Promise<AgentClient | null> {
  return connectAgent(socketPath(parent, lab), () => agentGone(parent, lab));
}

export function listLabs(parent: string, driver: string, rootless: boolean): Promise<RunningLab[]> {
  return Promise.all(recordedLabs(parent).map((name) => describeLab(parent, name, driver, rootless)));
}

async function describeLab(parent: string, name: string, driver: string, rootless: boolean): Promise<RunningLab> {
  const record = { name, folder: labFolder(parent, name), driver, rootless };
  const holder = lockHolder(parent, name);
  if (holder === null) return { ...record, pid: null, state: "dead" };
  const info = await greet(parent, name);
  return { ...record, pid: info?.pid ?? holder, state: info?.state ?? "building" };
}

async function greet(parent: string, name: string): Promise<{ pid: number; state: RunningLab["state"] } | undefined> {
  const client = await connectLab(parent, name);
  if (client === null) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_LIMIT);
  });
  try {
    const info = await Promise.race([
      client.call("hello", { client: `k8snet-lab pid ${process.pid}` }).catch(() => undefined),
      late,
    ]);
    if (info === undefined) return undefined;
    return { pid: info.pid, state: info.phase === "idle" ? "going-down" : info.phase };
  } finally {
    clearTimeout(timer);
    client.close();
  }
}
