/** A lab on several machines, as its session has it: machines and networks made, operations given to the agents they belong to. */
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { removeState } from "../agent/state-remove.ts";
import type { HeldLab, SessionOptions } from "../agent/lab-session.ts";
import type { AdoptParams, StoredLab } from "../agent/protocol.ts";
import { labFolder, prepareParent, socketPath } from "../agent/state-folder.ts";
import { writeStoredLab } from "../agent/stored-lab.ts";
import type { ExecuteOptions, ExecuteResult } from "../apply/executor.ts";
import type { TeardownOptions, TeardownResult } from "../apply/teardown.ts";
import type { EngineAddress } from "../engine/address.ts";
import { Engine } from "../engine/engine.ts";
import { ensureImage } from "../engine/image.ts";
import { EXIT, LabError } from "../errors.ts";
import type { OperationFailure } from "../errors.ts";
import type { Operation } from "../plan/operation.ts";
import type { Resource } from "../plan/resource.ts";
import { labContainers, removeContainer } from "./containers.ts";
import { distribute } from "./distribute.ts";
import { releaseHubLock, takeHubLock } from "./hub-lock.ts";
import { layOut, layoutProblem, machinesByNamespace } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { LabMachine } from "./machine.ts";
import { labNetworks, networkName, removeNetwork, removeOtherNetworks, shapeNetworks } from "./networks.ts";
import { readRecord, recordPath, writeRecord } from "./record.ts";
import type { HubRecord } from "./record.ts";

export class HubLab implements HeldLab {
  readonly name: string;
  readonly folder: string;
  readonly recovered: boolean;
  readonly engine: Engine;
  readonly machines = new Map<string, LabMachine>();
  readonly resources: Map<string, Resource>;
  layout: Layout;
  #record: HubRecord;
  #attaching: Promise<void> | undefined;
  readonly #parent: string;
  readonly #socket: Server;

  constructor(parent: string, record: HubRecord, engine: Engine, socket: Server, recovered: boolean) {
    this.name = record.lab;
    this.#parent = parent;
    this.folder = labFolder(parent, record.lab);
    this.recovered = recovered;
    this.engine = engine;
    this.#socket = socket;
    this.#record = record;
    this.resources = new Map(record.resources.map((resource) => [resource.id, resource]));
    this.layout = layOut(this.resources.values());
  }

  get committed(): boolean {
    return this.#record.committed;
  }

  /** Machines that should be there and whose agent does not answer. */
  get lost(): string[] {
    return this.layout.machines.map(({ name }) => name).filter((name) => this.machines.get(name)?.alive !== true);
  }

  machineOf(ns: string): LabMachine | undefined {
    const name = machinesByNamespace(this.layout).get(ns);
    return name === undefined ? undefined : this.machines.get(name);
  }

  /** The name of the network that a switch is; undefined for what is no such switch. */
  networkOf(ns: string): string | undefined {
    return this.layout.segments.some(({ switchNs }) => switchNs === ns) ? networkName(this.name, ns) : undefined;
  }

  /** Agents of containers that run: after a hub that died, and after containers were restarted. Those without stay lost. */
  attach(): Promise<void> {
    if (this.lost.length === 0) return Promise.resolve();
    this.#attaching ??= this.#attach().finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  async #attach(): Promise<void> {
    const containers = await labContainers(this.engine, this.name);
    await Promise.all(
      this.layout.machines.map(async ({ name, ownNamespace }) => {
        const container = containers.get(name);
        const machine = this.#machine(name);
        if (container?.State !== "running" || machine.alive) return;
        await machine.attach(container.Id).catch(() => machine.close());
        const layout = { name, namespaces: [], ownNamespace };
        if (machine.alive)
          await machine
            .shape(layout, await this.#attachments(name), container, () => this.#image())
            .catch(() => undefined);
      }),
    );
  }

  get applied(): ReadonlyMap<string, Resource> {
    return this.resources;
  }

  async execute(operations: readonly Operation[], options: ExecuteOptions): Promise<ExecuteResult> {
    const after = new Map(this.resources);
    for (const { action, resource } of operations) if (action !== "delete") after.set(resource.id, resource);
    const made = new Set(operations.filter(({ action }) => action !== "delete").map(({ resource }) => resource.id));
    const kept = new Map(after);
    for (const { action, resource } of operations)
      if (action === "delete" && !made.has(resource.id)) kept.delete(resource.id);
    const layout = layOut(kept.values());
    const problem = layoutProblem(layout);
    if (problem !== undefined)
      throw new LabError("ELAYOUT", EXIT.buildFailed, problem, { hint: "build this lab with the netns driver" });
    this.layout = layout;
    this.#write({ resources: [...after.values()] });
    await this.#shape(options);
    const result = await distribute(this, operations, options);
    this.resources.clear();
    for (const [id, resource] of kept) this.resources.set(id, resource);
    this.#write({ resources: [...kept.values()] });
    await this.#dropOthers();
    return result;
  }

  /** Each machine's agent sees to its own. */
  settled(): Promise<void> {
    return Promise.resolve();
  }

  commit(stored?: StoredLab): void {
    if (stored !== undefined) writeStoredLab(this.folder, stored);
    this.#write({ committed: true });
  }

  async takeDown(onEvent: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    const removed: string[] = [];
    const failures: OperationFailure[] = [];
    const step = async (id: string, command: string, act: () => Promise<void>): Promise<void> => {
      try {
        await act();
        removed.push(id);
        onEvent?.({ id, removed: true });
      } catch (error) {
        failures.push({
          operation: `delete ${id}`,
          command,
          stderr: error instanceof Error ? error.message : String(error),
          cause: "",
        });
        onEvent?.({ id, removed: false });
      }
    };
    for (const machine of this.machines.values()) machine.close();
    let containers: Awaited<ReturnType<typeof labContainers>> = new Map();
    let networks: Awaited<ReturnType<typeof labNetworks>> = new Map();
    await step("engine", "docker ps", async () => {
      [containers, networks] = await Promise.all([
        labContainers(this.engine, this.name),
        labNetworks(this.engine, this.name),
      ]);
    });
    removed.length = 0;
    await Promise.all(
      [...containers.values()].map(({ Id, Names }) =>
        step(`container ${Names[0]?.slice(1) ?? Id}`, `docker rm --force ${Id.slice(0, 12)}`, () =>
          removeContainer(this.engine, Id),
        ),
      ),
    );
    await Promise.all(
      [...networks.values()].map(({ Id, Name }) =>
        step(`network ${Name}`, `docker network rm ${Name}`, () => removeNetwork(this.engine, Id)),
      ),
    );
    for (const { id, kind } of this.resources.values())
      if (failures.length === 0 && ["netns", "process", "server", "dns", "proxy"].includes(kind)) removed.push(id);
    this.#socket.close();
    if (failures.length === 0) removeState(this.folder);
    releaseHubLock(this.#parent, this.name);
    this.engine.close();
    return { removed, failures };
  }

  /** Networks first, then all machines side by side. */
  async #shape({ onEvent, signal }: ExecuteOptions): Promise<void> {
    const { layout } = this;
    let image: Promise<string> | undefined;
    const imageOnce = (): Promise<string> => (image ??= this.#image((text) => onEvent({ type: "note", text })));
    const present = await labContainers(this.engine, this.name);
    if (layout.machines.some(({ name }) => !present.has(name))) await imageOnce();
    signal.throwIfAborted();
    const networks = await shapeNetworks(this.engine, this.name, layout.segments);
    await Promise.all(
      layout.machines.map(async (machine) => {
        if (signal.aborted) return;
        const attachments = layout.segments.flatMap((segment) => {
          const network = networks.get(segment.name);
          const port = segment.ports.find((one) => one.machine === machine.name);
          return network === undefined || port === undefined ? [] : [{ segment, network, port }];
        });
        await this.#machine(machine.name).shape(machine, attachments, present.get(machine.name), imageOnce);
      }),
    );
  }

  async #attachments(machine: string): Promise<
    {
      segment: Layout["segments"][number];
      network: { id: string; name: string; fixed: boolean };
      port: Layout["segments"][number]["ports"][number];
    }[]
  > {
    const networks = await labNetworks(this.engine, this.name);
    return this.layout.segments.flatMap((segment) => {
      const network = networks.get(segment.name);
      const port = segment.ports.find((one) => one.machine === machine);
      return network === undefined || port === undefined
        ? []
        : [{ segment, network: { id: network.Id, name: network.Name, fixed: true }, port }];
    });
  }

  #machine(name: string): LabMachine {
    const known = this.machines.get(name);
    if (known !== undefined) return known;
    const machine = new LabMachine(this.name, name, this.engine);
    this.machines.set(name, machine);
    return machine;
  }

  async #image(onProgress?: (line: string) => void): Promise<string> {
    return (await ensureImage(this.engine, { onProgress })).tag;
  }

  /** Machines and networks that are no longer wanted. */
  async #dropOthers(): Promise<void> {
    const wanted = new Set(this.layout.machines.map(({ name }) => name));
    for (const [name, { Id }] of await labContainers(this.engine, this.name)) {
      if (wanted.has(name)) continue;
      this.machines.get(name)?.close();
      this.machines.delete(name);
      await removeContainer(this.engine, Id);
    }
    await removeOtherNetworks(this.engine, this.name, this.layout.segments);
  }

  #write(change: Partial<HubRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeRecord(this.folder, this.#record);
  }
}

/** Throws EBUSY when another process has the lab, EDEAD when one that died left it and `recover` was not asked for. */
export async function adoptHubLab(
  { lab, file, recover }: AdoptParams,
  { parent, onConnection }: SessionOptions<HubLab>,
  address: EngineAddress,
): Promise<HubLab> {
  prepareParent(parent);
  takeHubLock(parent, lab);
  let engine: Engine | undefined;
  try {
    const folder = labFolder(parent, lab);
    const old = readRecord(folder);
    engine = await Engine.open(old?.engine ?? address);
    const left =
      old !== undefined || (await labContainers(engine, lab)).size + (await labNetworks(engine, lab)).size > 0;
    if (left && !recover) {
      throw new LabError("EDEAD", EXIT.buildFailed, `lab ${lab} was left behind by a process that died`, {
        hint: `take it down: k8snet-lab down ${lab} --driver docker; or have it taken over: k8snet-lab up`,
      });
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const record: HubRecord = old ?? { lab, file, engine: address, committed: false, resources: [] };
    if (!existsSync(recordPath(folder))) writeRecord(folder, record);
    const socket = createServer(onConnection);
    const held = new HubLab(parent, record, engine, socket, left);
    if (left) await held.attach();
    await listen(socket, socketPath(parent, lab));
    return held;
  } catch (error) {
    engine?.close();
    releaseHubLock(parent, lab);
    throw error;
  }
}

function listen(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      server.off("error", reject);
      resolve();
    });
  });
}
