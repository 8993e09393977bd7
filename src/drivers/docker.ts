/** The docker driver: namespaces live in containers, a hub on this machine speaks to them; state in a folder of its own. */
import { existsSync } from "node:fs";
import type { AgentClient } from "../agent/client.ts";
import { connectAgent } from "../agent/connect.ts";
import { labFolder, prepareParent, recordedLabs, socketPath, stateParent } from "../agent/state-folder.ts";
import type { EngineAddress } from "../engine/address.ts";
import { hubPid } from "../hub/hub-lock.ts";
import type { Driver, DriverRun, RunningLab } from "./driver.ts";
import { startAgent } from "./start-agent.ts";

export interface DockerOptions {
  /** A Docker context; default: as the Docker CLI finds its engine. */
  readonly context?: string | undefined;
}

/** Milliseconds for a hub to say how it is, and for an engine to say what it has. */
const ANSWER_LIMIT = 3000;

/** The folder of all labs in containers: a lab may be up there and on this host at once. */
export function dockerParent(): string {
  return `${stateParent()}-docker`;
}

export function dockerDriver({ context }: DockerOptions = {}): Driver {
  const name = "docker";
  const parent = dockerParent();
  const address = async (): Promise<EngineAddress> => {
    const { findEngine } = await import("../engine/address.ts");
    return findEngine(process.env, context);
  };
  return {
    name,
    // Whether the engine answers is found out by the hub, before it makes anything.
    probe: async () => void (await address()),
    start: async () => {
      const engine = JSON.stringify(await address());
      prepareParent(parent);
      return startAgent({ program: "hub", parent, args: ["--engine", engine] });
    },
    connect: (lab) => connectAgent(socketPath(parent, lab)),
    list: async () => {
      const recorded = recordedLabs(parent);
      const found = await labsOnEngine(address);
      const names = [...new Set([...recorded, ...found])].sort();
      return Promise.all(names.map((lab) => describeLab(parent, lab, name)));
    },
    command: dockerCommand,
  };
}

async function dockerCommand(client: AgentClient, ns: string, argv: readonly string[]): Promise<DriverRun> {
  const { argv: prefix, env, container } = await client.call("enter", { ns });
  if (container === undefined) throw new Error("the hub named no container");
  return {
    run: async (streams, more) => {
      const { runInContainer } = await import("../engine/container-run.ts");
      return runInContainer(container, [...prefix, ...argv], { ...more, ...env }, streams);
    },
  };
}

async function describeLab(parent: string, name: string, driver: string): Promise<RunningLab> {
  const record = { name, folder: labFolder(parent, name), driver, rootless: false };
  const pid = hubPid(parent, name);
  if (pid === null) return { ...record, pid, state: "dead" };
  const client = await connectAgent(socketPath(parent, name)).catch(() => null);
  if (client === null) return { ...record, pid, state: "building" };
  try {
    const info = await within(client.call("hello", { client: `k8snet-lab pid ${process.pid}` }));
    if (info === undefined) return { ...record, pid, state: "building" };
    return { ...record, pid, state: info.phase === "idle" ? "going-down" : info.phase, lost: info.lost };
  } catch {
    return { ...record, pid, state: "going-down" };
  } finally {
    client.close();
  }
}

/** Labs of ours that have containers or networks there, known by their labels; none when the engine does not answer. */
async function labsOnEngine(address: () => Promise<EngineAddress>): Promise<readonly string[]> {
  try {
    const engine = await address();
    const socket = /^unix:\/\/(.+)$/.exec(engine.host)?.[1];
    if (socket !== undefined && !existsSync(socket)) return [];
    const { labsOf } = await import("../engine/labs.ts");
    return (await within(labsOf(engine))) ?? [];
  } catch {
    return [];
  }
}

async function within<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_LIMIT);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
