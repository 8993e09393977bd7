/** The state of this agent's lab (building, up, going down), which client may change it, and what happens when a client leaves. */
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExecuteOptions, ExecuteResult } from "../apply/executor.ts";
import type { TeardownOptions, TeardownResult } from "../apply/teardown.ts";
import { EXIT, LabError, messageOf } from "../errors.ts";
import { Holders } from "./holders.ts";
import { RECONCILE } from "./purpose.ts";
import { busy, withLeftovers } from "./session-errors.ts";
import type { Connection } from "./connection.ts";
import type { AdoptParams, AgentInfo, ApplyParams, ApplyResult, StoredLab } from "./protocol.ts";
import type { ApplyEvent } from "../apply/protocol.ts";
import type { Operation } from "../resources/operation.ts";
import type { Resource } from "../resources/resource.ts";
import type { PackedOperations } from "./packed-operations.ts";
import { ReceivedOperations } from "./received-operations.ts";
import { storedVersion } from "./stored-lab.ts";

/** Times that a lab is looked at while it keeps changing. */
const LOOKS = 10;
/** Milliseconds until rules are read back, unless requested sooner: one change is often followed by another. */
const AFTER_REPLY = 200;

/** Milliseconds. */
const RECONCILE_LIMIT = 20_000;
const RECONCILE_PAUSE = 20;

export interface SessionOptions<L extends HeldLab> {
  /** Throws EBUSY when another agent has the lab, EDEAD when one that died left it and `recover` is not set. */
  readonly adopt: (params: AdoptParams, options: SessionOptions<L>) => Promise<L>;
  /** The folder of all labs. */
  readonly parent: string;
  /** In the environment of every process that this agent starts. */
  readonly id: string;
  readonly rootless: boolean;
  readonly version: string;
  /** A further connection has come in over the lab's socket. */
  readonly onConnection: (socket: Socket) => void;
  /** Nothing more to do: all replies are to be flushed, then the process ends. */
  readonly exit: () => void;
}

/** A lab as its session sees it: on this machine (AdoptedLab), or on several that this one controls. */
export interface HeldLab {
  readonly name: string;
  /** STATE: the lab's state folder. */
  readonly folder: string;
  /** Taken over from an agent that died. */
  readonly recovered: boolean;
  /** Was already up when it was taken over. */
  readonly committed: boolean;
  /** What has been applied, by id; edits of rule sets refer to it. */
  readonly applied: ReadonlyMap<string, Resource>;
  /** Its own helper is changing it, or is about to. */
  readonly reconciling: boolean;
  execute(operations: readonly Operation[], options: ExecuteOptions): Promise<ExecuteResult>;
  /** Recorded when this returns: the lab is up. Without `stored`, what was stored before stays. */
  commit(stored?: StoredLab): void;
  /** Resolves when the kernel's version of the last changes is recorded. */
  settled(): Promise<void>;
  /** Has its own helper bring it to what is stored. */
  reconcile(): void;
  /** Removes everything, state and lock last; those stay when something could not be removed, for the next `down`. */
  takeDown(onEvent: TeardownOptions["onEvent"]): Promise<TeardownResult>;
}

export class LabSession<L extends HeldLab> {
  readonly options: SessionOptions<L>;
  #phase: AgentInfo["phase"] = "idle";
  #lab: L | undefined;
  /** The connection that a build depends on until its commit. */
  #owner: Connection | undefined;
  #locked: { readonly by: Connection; readonly purpose: string } | undefined;
  #keep = false;
  readonly holders = new Holders();
  /** Number of changes so far. */
  #changes = 0;
  readonly #received = new ReceivedOperations();
  #applying: { readonly abort: AbortController; readonly ended: Promise<unknown> } | undefined;

  constructor(options: SessionOptions<L>) {
    this.options = options;
  }

  get info(): AgentInfo {
    return {
      pid: process.pid,
      version: this.options.version,
      lab: this.#lab?.name ?? null,
      phase: this.#phase,
      rootless: this.options.rootless,
      recovered: this.#lab?.recovered ?? false,
    };
  }

  /** The lab is locked for a change, or its reconciler is about to change it. */
  get changing(): boolean {
    return this.#locked !== undefined || this.#applying !== undefined || this.lab.reconciling;
  }

  /** Throws when there is no lab yet, or no longer one. */
  get lab(): L {
    if (this.#lab !== undefined) return this.#lab;
    throw new LabError("ENOLAB", EXIT.buildFailed, "this agent has no lab", {
      hint: "build it: k8snet-lab up LAB.yaml",
    });
  }

  async adopt(params: AdoptParams, connection: Connection): Promise<AgentInfo> {
    if (this.#phase !== "idle") {
      throw new LabError("EBUSY", EXIT.buildFailed, `this agent has lab ${this.#lab?.name ?? params.lab} already`);
    }
    this.#phase = "building";
    try {
      this.#lab = await this.options.adopt(params, this.options);
    } catch (error) {
      this.#phase = "idle";
      throw error;
    }
    if (this.#lab.recovered && this.#lab.committed) this.#phase = "up";
    this.#owner = connection;
    this.#locked = { by: connection, purpose: "up" };
    if (connection.gone.aborted) this.connectionClosed(connection);
    return this.info;
  }

  async takeLock(connection: Connection, purpose: string): Promise<void> {
    await this.#afterReconciler(connection);
    if (this.#locked === undefined) await this.#applying?.ended.catch(() => undefined); // of a client that is gone
    this.mustHoldLock(connection);
    this.#locked = { by: connection, purpose };
  }

  /**
   * What `look` finds while nothing is applied: half a change is as no client asked. Where change follows change, the last look
   * counts. A build is not waited for.
   */
  async steadily<T>(look: () => Promise<T>): Promise<T> {
    for (let looks = 1; ; looks++) {
      if (this.#phase === "up") await this.#applying?.ended.catch(() => undefined); // reported to the client that requested it
      const changes = this.#changes;
      const seen = await look();
      if (changes === this.#changes || looks === LOOKS || this.#phase !== "up") return seen;
    }
  }

  receive(portion: PackedOperations, connection: Connection): void {
    this.mustHoldLock(connection);
    this.#received.take(portion, connection, this.lab.applied);
  }

  async apply(params: ApplyParams, connection: Connection, onEvent: (event: ApplyEvent) => void): Promise<ApplyResult> {
    this.mustHoldLock(connection);
    if (this.#phase === "going-down" || this.#applying !== undefined) throw busy(this.#phase, process.pid);
    const { lab } = this;
    const started = performance.now();
    const operations =
      "packed" in params.operations
        ? this.#received.takeLast(params.operations, connection, lab.applied)
        : params.operations;
    const building = params.mode === "build";
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    connection.gone.addEventListener("abort", stop);
    if (building) this.#keep = params.keep;
    const work = async (): Promise<ApplyResult> => {
      const result = await lab
        .execute(operations, { stopAtFailure: building, signal: abort.signal, onEvent, pace: params.pace })
        .catch(async (error: unknown) => {
          // The obstacle is reported after everything made before it has been removed.
          if (!building || params.keep || this.#goingDown || connection.gone.aborted) throw error;
          const { failures } = await this.#removeLab();
          throw failures.length === 0 ? error : withLeftovers(error, failures, lab.name);
        });
      const broken = building && !params.keep && (result.failures.length > 0 || abort.signal.aborted);
      // `down` and a lost connection take down on their own, as soon as this has ended.
      const rollsBack = broken && !this.#goingDown && !connection.gone.aborted;
      const rollback = rollsBack ? await this.#removeLab() : { failures: [] };
      return {
        done: result.done,
        failures: [...result.failures, ...rollback.failures],
        rolledBack: broken && rollback.failures.length === 0,
        ms: performance.now() - started,
      };
    };
    const ended = work();
    this.#applying = { abort, ended };
    this.#changes++;
    this.holders.applies(connection);
    try {
      return await ended;
    } finally {
      connection.gone.removeEventListener("abort", stop);
      this.#applying = undefined;
      setTimeout(() => void lab.settled(), AFTER_REPLY);
    }
  }

  /**
   * From here on the lab stays up when clients leave. Releases the lock. Resolves when the record is complete, unless that should
   * be `later`, with the version of what is stored.
   */
  async commit(stored: StoredLab, connection: Connection, readBack?: "later"): Promise<string> {
    this.mustHoldLock(connection);
    const { lab } = this;
    lab.commit(stored);
    this.#phase = "up";
    this.#owner = undefined;
    this.#locked = undefined;
    if (this.holders.committed(stored)) lab.reconcile();
    const version = storedVersion(lab.folder) ?? "";
    if (readBack === undefined) await lab.settled();
    return version;
  }

  /** Our own helper is done in a moment: no command is refused because of it. */
  async #afterReconciler(connection: Connection): Promise<void> {
    const end = performance.now() + RECONCILE_LIMIT;
    while (this.#locked?.purpose === RECONCILE && this.#locked.by !== connection && performance.now() < end)
      await sleep(RECONCILE_PAUSE);
  }

  /** Ends this agent. What could not be removed stays in the journal, for the next `down`. */
  async down(connection: Connection, onEvent: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    await this.#afterReconciler(connection);
    this.mustHoldLock(connection);
    if (this.#goingDown) throw busy(this.#phase, process.pid);
    if (this.#lab === undefined) {
      this.options.exit();
      return { removed: [], failures: [] };
    }
    await this.#stopApplying();
    const result = await this.#removeLab(onEvent);
    this.options.exit();
    return result;
  }

  connectionClosed(connection: Connection): void {
    if (this.#locked?.by === connection) this.#locked = undefined;
    if (this.#phase === "idle") {
      this.options.exit();
      return;
    }
    if (this.holders.lose(connection)) this.#lab?.reconcile();
    if (this.#owner !== connection || this.#phase !== "building" || this.#lab === undefined) return;
    this.#owner = undefined;
    if (this.#keep) {
      this.#phase = "up";
      this.#tryCommit();
      return;
    }
    void this.#stopApplying()
      .then(() => this.#removeLab())
      .finally(() => this.options.exit());
  }

  /** Without it the lab still exists, and goes with the agent. */
  #tryCommit(): void {
    try {
      this.lab.commit();
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
    }
  }

  get #goingDown(): boolean {
    return this.#phase === "going-down";
  }

  /** Throws EBUSY while another connection holds the lock. */
  mustHoldLock(connection: Connection): void {
    if (this.#locked === undefined || this.#locked.by === connection) return;
    throw busy(this.#locked.purpose, this.#locked.by.pid);
  }

  async #stopApplying(): Promise<void> {
    this.#phase = "going-down";
    this.#applying?.abort.abort();
    await this.#applying?.ended.catch(() => undefined); // reported to the client that requested it
  }

  /** Whatever happens, nothing is left half done: what could not be removed stays recorded for the next agent. */
  async #removeLab(onEvent?: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    this.#phase = "going-down";
    try {
      return await this.lab.takeDown(onEvent);
    } catch (error) {
      const stderr = messageOf(error);
      return { removed: [], failures: [{ operation: "delete the lab", command: "", stderr, cause: "" }] };
    } finally {
      this.#lab = undefined;
      this.#owner = undefined;
      this.#locked = undefined;
      this.#phase = "idle";
    }
  }
}
