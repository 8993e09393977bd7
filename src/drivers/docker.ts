/** The docker driver: namespaces are in containers, a hub on this machine controls them; state in a folder of its own. */
import { within } from "../agent/within.ts";
import { existsSync } from "node:fs";
import type { AgentClient } from "../agent/client.ts";
import { connectAgent } from "../agent/connect.ts";
import { endAgent } from "../agent/end-agent.ts";
import {
  labFolder,
  labTrouble,
  mustBeIntact,
  prepareParent,
  recordedLabs,
  socketPath,
  stateParent,
} from "../agent/state-folder.ts";
import type { EngineAddress } from "../engine/address.ts";
import type { Underlay } from "../engine/place.ts";
import { hubPid } from "../hub/hub-lock.ts";
import { readRecord } from "../hub/record.ts";
import type { TargetPlace } from "../net/place.ts";
import type { Driver, DriverRun, RunningLab } from "./driver.ts";
import { greet } from "./lab-records.ts";
import { placeLab } from "./placement.ts";
import { startAgent } from "./start-agent.ts";

export interface DockerOptions {
  /** Docker contexts or endpoints; default: the lab file's, else as the Docker CLI finds its engine. */
  readonly contexts?: readonly string[] | undefined;
  readonly underlay?: Underlay | undefined;
}

/** Milliseconds for an engine to say what it has. */
const ANSWER_LIMIT = 3000;

/** The folder of all labs in containers: a lab may be up there and on this host at once. */
export function dockerParent(): string {
  return `${stateParent()}-docker`;
}

export function dockerDriver({ contexts = [], underlay = "auto" }: DockerOptions = {}): Driver {
  const name = "docker";
  const parent = dockerParent();
  /** Engines that labs have needed so far. */
  const known = new Map<string, EngineAddress>();
  const addresses = async (): Promise<Map<string, EngineAddress>> => {
    const { findEngine } = await import("../engine/address.ts");
    const given = contexts.length > 0 ? contexts : [undefined];
    return new Map(
      given.map((context) => {
        const address = findEngine(process.env, context);
        return [context ?? address.context, address] as const;
      }),
    );
  };
  return {
    name,
    // The hub tests whether the engine answers, before it makes anything.
    probe: async () => void (await addresses()),
    prepare: async (lab) => {
      const { findEngine } = await import("../engine/address.ts");
      const site = placeLab(lab, { contexts, underlay, find: (context) => findEngine(process.env, context) });
      for (const engine of site.placement?.engines ?? []) known.set(engine.address.host, engine.address);
      return site;
    },
    start: async () => {
      const engines = [...(await addresses())].map(([name, address]) => ({ name, address }));
      prepareParent(parent);
      return startAgent({ program: "hub", parent, args: ["--engines", JSON.stringify(engines)] });
    },
    connect: (lab) => connectHub(parent, lab),
    end: (lab) => endAgent(() => hubPid(parent, lab)),
    list: async () => {
      const recorded = recordedLabs(parent);
      const asked = await addresses().catch((error: unknown) => {
        if (contexts.length > 0) throw error;
        // This engine was not requested: labs are listed from what is known without it.
        return new Map<string, EngineAddress>();
      });
      const engines = new Map([...asked.values(), ...known.values()].map((one) => [one.host, one]));
      const found = await Promise.all([...engines.values()].map(labsOnEngine));
      const names = [...new Set([...recorded, ...found.flat()])].sort();
      return Promise.all(names.map((lab) => describeLab(parent, lab, name)));
    },
    command: dockerCommand,
  };
}

async function dockerCommand(client: AgentClient, place: TargetPlace, argv: readonly string[]): Promise<DriverRun> {
  const { argv: prefix, env, container } = await client.call("enter", place);
  if (container === undefined) throw new Error("the hub did not name a container");
  return {
    run: async (streams, more) => {
      const { runInContainer } = await import("../engine/container-run.ts");
      return runInContainer(container, [...prefix, ...argv], { ...more, ...env }, streams);
    },
  };
}

/** For a lab across several engines whose hub is gone: those of its record, and whether they answer. */
async function enginesOf(folder: string): Promise<RunningLab["engines"]> {
  const engines = readRecord(folder)?.engines ?? [];
  if (engines.length < 2) return undefined;
  const { LabEngine } = await import("../hub/engines.ts");
  return Promise.all(
    engines.map(async (place) => {
      const engine = new LabEngine(place);
      const answers = await engine.answers();
      engine.close();
      return { name: place.name, answers };
    }),
  );
}

async function describeLab(parent: string, name: string, driver: string): Promise<RunningLab> {
  const record = { name, folder: labFolder(parent, name), driver, rootless: false };
  const trouble = labTrouble(parent, name);
  if (trouble !== undefined) return { ...record, pid: null, state: "unusable", trouble };
  const pid = hubPid(parent, name);
  if (pid === null) return { ...record, pid, state: "dead", engines: await enginesOf(record.folder) };
  return { ...record, pid, ...(await greet(await connectHub(parent, name).catch(() => null))) };
}

async function connectHub(parent: string, lab: string): Promise<AgentClient | null> {
  mustBeIntact(parent, lab);
  return connectAgent(socketPath(parent, lab), { lab, pid: () => hubPid(parent, lab) });
}

/** Labs of ours that have containers or networks there, known by their labels; none when the engine does not answer. */
async function labsOnEngine(address: EngineAddress): Promise<readonly string[]> {
  try {
    const socket = /^unix:\/\/(.+)$/.exec(address.host)?.[1];
    if (socket !== undefined && !existsSync(socket)) return [];
    const { labsOf } = await import("../engine/labs.ts");
    return await within(labsOf(address), ANSWER_LIMIT, []);
  } catch {
    return [];
  }
}
