/** A lab on several machines, as its session sees it: machines and networks made, operations sent to the agents they belong to. */

import type { Server } from "node:net";
import { removeState } from "../agent/state-remove.ts";
import type { HeldLab } from "../agent/lab-session.ts";
import type { Method, Methods, StoredLab } from "../agent/protocol.ts";
import { Reconciler } from "../agent/reconciler.ts";
import { agentLogPath, labFolder, socketPath } from "../agent/state-folder.ts";
import { writeStoredLab } from "../agent/stored-lab.ts";
import type { ExecuteOptions, ExecuteResult } from "../apply/executor.ts";
import type { TeardownOptions, TeardownResult } from "../apply/teardown.ts";
import type { Placement } from "../engine/place.ts";
import { EXIT, LabError } from "../errors.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Operation } from "../resources/operation.ts";
import type { Resource } from "../resources/resource.ts";
import { labContainers, removeContainer } from "./containers.ts";
import { distribute, isRebuilt } from "./distribute.ts";
import { LabEngines, placeAgain, type LabEngine } from "./engines.ts";
import { releaseHubLock } from "./hub-lock.ts";
import { layOut, layoutProblem, machinesByNamespace, type Layout } from "./layout.ts";
import { LabMachine } from "./machine.ts";
import { networkName, removeOtherNetworks, type LabNetwork } from "./networks.ts";
import { overlayName, presentNetworks, removeOverlays } from "./overlay.ts";
import { writeRecord, type HubRecord, type UnderlayRecord } from "./record.ts";
import { RELAY } from "./relay.ts";
import { attachmentsOf, shapeLab } from "./shape.ts";
import { takeDownAcross } from "./take-down.ts";
import { crossing } from "./underlay.ts";
import { watchesOf } from "../resources/watch/definition.ts";

export class HubLab implements HeldLab {
  readonly name: string;
  readonly folder: string;
  readonly recovered: boolean;
  engines: LabEngines;
  readonly machines = new Map<string, LabMachine>();
  readonly resources: Map<string, Resource>;
  layout: Layout;
  #record: HubRecord;
  #attaching: Promise<void> | undefined;
  #distributing: Promise<unknown> = Promise.resolve();
  readonly #parent: string;
  readonly #socket: Server;
  readonly #reconciler: Reconciler;

  constructor(parent: string, record: HubRecord, engines: LabEngines, socket: Server, recovered: boolean) {
    this.name = record.lab;
    this.#parent = parent;
    this.folder = labFolder(parent, record.lab);
    this.recovered = recovered;
    this.engines = engines;
    this.#socket = socket;
    const log = agentLogPath(parent, record.lab);
    this.#reconciler = new Reconciler({ socket: socketPath(parent, record.lab), log, env: process.env });
    this.#record = record;
    this.resources = new Map(record.resources.map((resource) => [resource.id, resource]));
    this.layout = layOut(this.resources.values());
    this.#watch();
  }

  get committed(): boolean {
    return this.#record.committed;
  }

  /** Machines that should be there and whose agent does not answer, or has nothing. */
  get lost(): string[] {
    return this.layout.machines.map(({ name }) => name).filter((name) => this.isLost(name));
  }

  isLost(machine: string): boolean {
    const known = this.machines.get(machine);
    return known?.alive !== true || known.isEmpty;
  }

  /** Throws UsageError when what is up would have to move. */
  place(placement: Placement): void {
    const { engines, underlay: asked } = placement;
    const up = this.resources.size > 0;
    const places = up ? placeAgain(this.name, this.#record, placement) : placement.nodes;
    if (up) this.engines.place(places);
    else {
      this.engines.close();
      this.engines = new LabEngines(engines, places);
      this.#watch();
    }
    this.#write({ engines, places, asked });
  }

  machineOf(ns: string): LabMachine | undefined {
    const name = machinesByNamespace(this.layout).get(ns);
    return name === undefined ? undefined : this.machines.get(name);
  }

  /** The name of the network that a switch is; undefined if it is not such a switch. */
  networkOf(ns: string): string | undefined {
    if (!this.layout.segments.some(({ switchNs }) => switchNs === ns)) return undefined;
    const wide = crossing(this.layout.segments, (machine) => this.engines.of(machine).name).some(
      ({ name }) => name === ns,
    );
    return wide && this.#record.underlay?.kind === "swarm" ? overlayName(this.name, ns) : networkName(this.name, ns);
  }

  /** Agents of containers that run: after a hub that died, and after containers were restarted. Those without stay lost. */
  attach(): Promise<void> {
    if (this.lost.length === 0) return Promise.resolve();
    this.#attaching ??= this.#attach().finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  async #attach(): Promise<void> {
    const lost = new Set(await this.engines.lost());
    const networks = await this.#networks(lost);
    await Promise.all(
      this.engines.all.map(async (host) => {
        if (lost.has(host.name)) return;
        const containers = await labContainers(await host.open(), this.name);
        await Promise.all(
          this.layout.machines.map(async ({ name, ownNamespace }) => {
            if (this.engines.of(name) !== host) return;
            const container = containers.get(name);
            const machine = this.#machine(name);
            if (container?.State !== "running" || machine.alive) return;
            await machine.attach(container.Id).catch(() => machine.close());
            if (!machine.alive) return;
            const attachments = attachmentsOf(name, this.layout.segments, networks.get(host));
            await machine
              .shape({ name, namespaces: [], ownNamespace }, attachments, container, NEVER_MADE)
              .catch(() => undefined);
          }),
        );
      }),
    );
  }

  get applied(): ReadonlyMap<string, Resource> {
    return this.resources;
  }

  /** When the machines have finished requests that were not awaited. */
  async idle(): Promise<void> {
    await this.#distributing;
  }

  async execute(operations: readonly Operation[], options: ExecuteOptions): Promise<ExecuteResult> {
    await this.idle();
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
    const before = machinesByNamespace(this.layout);
    this.layout = layout;
    this.#write({ resources: [...after.values()] });
    // A machine that is gone comes back as a whole, by `up`: not as an empty one because something else has changed.
    const { lost } = this;
    const rebuilt = new Set(lost.filter((name) => isRebuilt(name, layout, operations)));
    const gone = new Set(lost.filter((name) => !rebuilt.has(name)));
    if (gone.size === 0) this.#write({ underlay: await this.#shape(kept, options) });
    const distribution = distribute(this, operations, { before, gone }, options);
    this.#distributing = distribution.ended;
    const result = await distribution.result;
    for (const machine of this.machines.values()) if (rebuilt.has(machine.name)) machine.filled();
    this.resources.clear();
    for (const [id, resource] of kept) this.resources.set(id, resource);
    this.#write({ resources: [...kept.values()] });
    if (gone.size === 0) await this.#dropOthers();
    return result;
  }

  #shape(resources: ReadonlyMap<string, Resource>, options: ExecuteOptions): Promise<UnderlayRecord | undefined> {
    const { name: lab, layout, engines } = this;
    const { asked, underlay } = this.#record;
    const machine = (name: string): LabMachine => this.#machine(name);
    return shapeLab({ lab, layout, engines, resources: [...resources.values()], asked, underlay, machine }, options);
  }

  /** On each machine. One that is gone has nothing to record. */
  get reconciling(): boolean {
    return this.#reconciler.busy;
  }

  reconcile(): void {
    this.#reconciler.nudge();
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#alive.map((machine) => machine.call("settled", {})));
  }

  /** Asks all machines that are there. */
  callAll<M extends Method>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"][]> {
    return Promise.all(this.#alive.map((machine) => machine.call(method, params)));
  }

  get #alive(): LabMachine[] {
    return [...this.machines.values()].filter((machine) => machine.alive);
  }

  commit(stored?: StoredLab): void {
    if (stored !== undefined) writeStoredLab(this.folder, stored);
    this.#reconciler.wakeFor(stored?.live ?? {});
    const wasUp = this.#record.committed;
    this.#write({ committed: true });
    // Any result of a machine's agent may be news to a lab that was up before, even if the agent does not think so.
    for (const machine of this.machines.values())
      machine.watch((isNews) => {
        if (isNews || wasUp) this.#reconciler.nudge();
      });
  }

  async takeDown(onEvent: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    this.#reconciler.stop();
    for (const machine of this.machines.values()) machine.close();
    const { removed, failures } = await takeDownAcross(this.name, this.engines.all, onEvent);
    const within = [...this.resources.values()].filter((resource) => definitionOf(resource).endsWithContainer);
    this.#socket.close();
    if (failures.length === 0) removeState(this.folder);
    releaseHubLock(this.#parent, this.name);
    this.engines.close();
    return { removed: failures.length === 0 ? [...removed, ...within.map(({ id }) => id)] : removed, failures };
  }

  /** Networks as they are now. */
  async #networks(lost: ReadonlySet<string>): Promise<Map<LabEngine, Map<string, LabNetwork>>> {
    const there = this.engines.all.filter(({ name }) => !lost.has(name));
    return new Map(
      await Promise.all(
        there.map(async (host) => [host, await presentNetworks(await host.open(), this.name)] as const),
      ),
    );
  }

  #machine(name: string): LabMachine {
    const known = this.machines.get(name);
    if (known !== undefined) return known;
    const machine = new LabMachine(this.name, name, this.engines.of(name), () => this.#machineIsGone());
    this.machines.set(name, machine);
    return machine;
  }

  /** Machines and networks that are no longer needed. */
  async #dropOthers(): Promise<void> {
    const { machines, segments } = this.layout;
    const wanted = new Set([
      ...machines.map(({ name }) => name),
      ...(this.#record.underlay?.kind === "relay" ? [RELAY] : []),
    ]);
    await Promise.all(
      this.engines.all.map(async (host) => {
        const engine = await host.open();
        for (const [name, { Id }] of await labContainers(engine, this.name)) {
          if (wanted.has(name)) continue;
          this.machines.get(name)?.close();
          this.machines.delete(name);
          await removeContainer(engine, Id);
        }
        const own = segments.filter(({ ports }) => ports.some(({ machine }) => this.engines.of(machine) === host));
        await removeOtherNetworks(engine, this.name, own);
      }),
    );
    for (const host of this.engines.all) {
      const engine = await host.open();
      if (engine.facts.swarm.manager)
        await removeOverlays(engine, this.name, new Set(segments.map(({ name }) => name)));
    }
  }

  /** Calls that wait for a machine whose engine is gone fail. */
  #watch(): void {
    this.engines.watch((host) => {
      for (const machine of this.machines.values()) if (machine.host === host) machine.close();
      this.#machineIsGone();
    });
  }

  /** Its node no longer has a link. */
  #machineIsGone(): void {
    const isWatched = watchesOf(this.resources.values(), "node").length > 0;
    if (this.committed && isWatched) this.#reconciler.nudge();
  }

  #write(change: Partial<HubRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeRecord(this.folder, this.#record);
  }
}

/** For a machine whose container already exists. */
const NEVER_MADE = (): Promise<string> => Promise.reject(new Error("its container is gone"));
