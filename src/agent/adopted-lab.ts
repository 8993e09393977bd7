/** Adopting a lab: its lock, state folder, journal and socket, also after an agent that died; and giving all of it up. */
import { existsSync, mkdirSync, openSync, closeSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { executeOperations } from "../apply/executor.ts";
import type { ExecuteOptions, ExecuteResult } from "../apply/executor.ts";
import { DeviceLearner } from "../apply/device-indexes.ts";
import { Journal } from "../apply/journal.ts";
import { applierOf } from "../apply/act.ts";
import type { RunningWatch } from "../resources/watch/apply.ts";
import { removeVolumes } from "../resources/volume/apply.ts";
import { killLabProcesses } from "../apply/kill-lab-processes.ts";
import { RuleGenerations } from "../apply/rule-generations.ts";
import { LabRuntime } from "../apply/runtime.ts";
import { labEnvironment, spawnIn } from "../apply/spawn.ts";
import { labInodes, tearDown } from "../apply/teardown.ts";
import type { TeardownOptions, TeardownResult } from "../apply/teardown.ts";
import { cannotWrite, EXIT, LabError, UsageError } from "../errors.ts";
import type { Operation } from "../resources/operation.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";
import { declare } from "../kernel/libc.ts";
import { LabLock } from "./lab-lock.ts";
import { listenAt } from "./lab-socket.ts";
import type { HeldLab, SessionOptions } from "./lab-session.ts";
import { rememberDigests } from "./packed-operations.ts";
import type { AdoptParams, StoredLab } from "./protocol.ts";
import { Reconciler } from "./reconciler.ts";
import { agentLogPath, isLabName, journalPath, labFolder, mustBeIntact, socketPath } from "./state-folder.ts";
import { removeState } from "./state-remove.ts";
import { writeStoredLab } from "./stored-lab.ts";
import type { Captures } from "../services/capture/tcpdump.ts";

const dup2 = declare<[from: number, to: number]>("int dup2(int from, int to)");

/** Descriptors held in reserve, so that a lab can be taken down when none are left. */
const SPARE = 8;

export class AdoptedLab implements HeldLab {
  readonly runtime: LabRuntime;
  readonly generations: RuleGenerations;
  /** Taken over from an agent that died. */
  readonly recovered: boolean;
  readonly #devices: DeviceLearner;
  readonly #lock: LabLock;
  readonly #socket: Server;
  readonly #reconciler: Reconciler;
  readonly #spare: number[];
  #captures: Promise<Captures> | undefined;
  /** Receives what the watches decide; none has started before. */
  #notify: (isNews: boolean) => void = () => undefined;

  constructor(
    parent: string,
    lab: string,
    {
      journal,
      lock,
      socket,
      recovered,
      spare,
    }: { journal: Journal; lock: LabLock; socket: Server; recovered: boolean; spare: number[] },
  ) {
    this.runtime = new LabRuntime(lab, labFolder(parent, lab), journal);
    this.generations = new RuleGenerations(this.runtime);
    this.#devices = new DeviceLearner(this.runtime);
    this.#lock = lock;
    this.#socket = socket;
    this.#reconciler = new Reconciler({
      socket: socketPath(parent, lab),
      log: agentLogPath(parent, lab),
      prefix: ["setpriv", "--pdeathsig", "KILL", "--"],
      env: labEnvironment(),
    });
    this.#spare = spare;
    this.recovered = recovered;
  }

  get name(): string {
    return this.runtime.lab;
  }

  get folder(): string {
    return this.runtime.folder;
  }

  get committed(): boolean {
    return this.runtime.journal.record.committed;
  }

  get applied(): ReadonlyMap<string, Resource> {
    return this.runtime.journal.record.applied;
  }

  get reconciling(): boolean {
    return this.#reconciler.busy;
  }

  /** Throws HostError before anything is done where this machine lacks what the resources need. */
  async execute(operations: readonly Operation[], options: ExecuteOptions): Promise<ExecuteResult> {
    const { requireFeatures } = await import("../apply/required-features.ts");
    const made = operations.flatMap(({ action, resource }) => (action === "delete" ? [] : [resource]));
    const { requireHostDevices } = await import("../apply/host-devices.ts");
    requireHostDevices(made);
    for (const text of requireFeatures(made)) options.onEvent({ type: "note", text });
    if (operations.some(({ resource }) => isHeld(resource))) await this.#loadServers();
    const result = await this.generations.duringOwn(operations, () =>
      executeOperations(operations, this.runtime, options),
    );
    this.#devices.after(operations);
    return result;
  }

  /**
   * Everything that watches look at exists: those that have not started start. From now on `notify` receives, in place of the
   * previous receiver, what they decide; `isNews`: it differs from the initial assumption.
   */
  watch(notify: (isNews: boolean) => void): void {
    this.#notify = notify;
    for (const watch of this.runtime.held<RunningWatch>("watch").values()) watch.begin();
  }

  commit(stored?: StoredLab): void {
    if (stored !== undefined) writeStoredLab(this.runtime.folder, stored);
    this.#reconciler.wakeFor(stored?.live ?? {});
    this.runtime.journal.write({ t: "commit" });
    // An agent that took a lab over does not know what happened before.
    this.watch((isNews) => {
      if (isNews || this.recovered) this.#reconciler.nudge();
    });
  }

  reconcile(): void {
    this.#reconciler.nudge();
  }

  async settled(): Promise<void> {
    await this.runtime.readBacks.settled();
    rememberDigests(this.applied.values());
  }

  /** Before the first server is started; loaded late because a lab may have none. */
  async #loadServers(): Promise<void> {
    if (Object.keys(this.runtime.starters).length > 0) return;
    const { starters } = await import("../services/starters.ts");
    this.runtime.starters = starters((isNews) => this.#notify(isNews));
  }

  captures(): Promise<Captures> {
    this.#captures ??= import("../services/capture/tcpdump.ts").then(
      ({ Captures }) => new Captures((ns) => this.runtime.netns(ns), this.runtime.subfolder("captures"), spawnIn),
    );
    return this.#captures;
  }

  async captureCount(): Promise<number> {
    return this.#captures === undefined ? 0 : (await this.#captures).count;
  }

  /** Removes everything, state and lock last; those stay when something could not be removed, for the next `down`. */
  async takeDown(onEvent: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    for (const fd of this.#spare.splice(0)) closeSync(fd);
    this.#reconciler.stop();
    this.#devices.stop();
    // Not awaited: its files go with the lab, and whatever still runs is killed below.
    this.#captures?.then((captures) => captures.stopAll()).catch(() => undefined);
    const pace = Number(process.env["K8SNET_LAB_PACE"]);
    const result = await tearDown(this.runtime, { onEvent, ...(pace > 0 ? { pace } : {}) });
    this.#socket.close();
    this.runtime.journal.close();
    if (result.failures.length > 0) {
      this.#lock.release();
      return result;
    }
    removeVolumes(this.runtime.folder);
    removeState(this.runtime.folder);
    this.#lock.remove();
    return result;
  }
}

/** Throws EBUSY when another agent has the lab, EDEAD when one that died left it and `recover` is not set. */
export async function adoptLab(params: AdoptParams, options: SessionOptions<AdoptedLab>): Promise<AdoptedLab> {
  const { lab, file, recover } = params;
  if (!isLabName(lab)) {
    throw new UsageError(
      `${JSON.stringify(lab)} is not a lab name`,
      "lower-case letters, digits and dashes, at most 40",
    );
  }
  const { parent, id, version } = options;
  mustBeIntact(parent, lab);
  // Before anything is created.
  const spare = params.recover ? [] : Array.from({ length: SPARE }, () => openSync("/dev/null", "r"));
  const lock = LabLock.acquire(parent, lab);
  const folder = labFolder(parent, lab);
  const recovered = existsSync(journalPath(parent, lab));
  if (recovered && !recover) {
    lock.release();
    throw new LabError("EDEAD", EXIT.buildFailed, `lab ${lab} was left behind by an agent that died`, {
      hint: `take it down: k8snet-lab down ${lab}; or take it over: k8snet-lab up`,
    });
  }
  const leaving = recovered && params.leaving === true;
  let journal: Journal;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    tryTo(leaving, () => redirectStderr(agentLogPath(parent, lab)));
    journal = new Journal(journalPath(parent, lab));
  } catch (error) {
    for (const fd of spare) closeSync(fd);
    // Nothing is recorded, so nothing was built, and nothing needs to be taken down.
    if (recovered) lock.release();
    else {
      removeState(folder);
      lock.remove();
    }
    throw error instanceof Error && "errno" in error ? cannotWrite(folder, error) : error;
  }
  const before = [...journal.record.ids];
  const at = new Date().toISOString();
  const named = file === "" ? journal.record.file : file;
  const entry = { t: "agent", lab, id, file: named, pid: process.pid, version, at } as const;
  if (leaving) journal.note(entry);
  else journal.write(entry);
  const socket = createServer(options.onConnection);
  const adopted = new AdoptedLab(parent, lab, { journal, lock, socket, recovered, spare });
  if (recovered) await takeOver(adopted.runtime, before, leaving);
  // For a teardown the requesting connection is enough.
  await listenAt(socket, socketPath(parent, lab)).catch((error: unknown) => {
    if (!leaving) throw cannotWrite(socketPath(parent, lab), error);
  });
  return adopted;
}

/** Not needed by a lab that is only taken down. */
function tryTo(leaving: boolean, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!leaving) throw error;
  }
}

/** Ends what the dead agents' processes left running, opens their namespaces, and writes the files again. */
async function takeOver(runtime: LabRuntime, ids: readonly string[], leaving: boolean): Promise<void> {
  const { record } = runtime.journal;
  await killLabProcesses({ ids, netns: labInodes(runtime) });
  runtime.reopen();
  if (leaving) return;
  for (const resource of record.applied.values()) await applierOf(resource).restore?.(resource, runtime);
}

/** It is a socket, or the like, of this process. */
function isHeld(resource: Resource): boolean {
  const { lives, speed } = definitionOf(resource);
  return lives === "agent" && speed === "netlink";
}

/** The process that started us may exit; our output goes to a file that stays. */
function redirectStderr(path: string): void {
  const fd = openSync(path, "a", 0o600);
  dup2(fd, 2);
  closeSync(fd);
}
