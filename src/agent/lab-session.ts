/** What this agent's lab is going through (building, up, going down), who may change it, and what happens when the client goes. */
import type { Socket } from "node:net";
import { executeOperations } from "../apply/executor.ts";
import { raiseHostLimits } from "../apply/host-limits.ts";
import type { LabRuntime } from "../apply/runtime.ts";
import type { TeardownOptions, TeardownResult } from "../apply/teardown.ts";
import { EXIT, HostError, LabError } from "../errors.ts";
import type { NeighbourEntries } from "../plan/neighbour-limits.ts";
import { adoptLab } from "./adopted-lab.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { Connection } from "./connection.ts";
import type {
  AdoptParams,
  AgentInfo,
  ApplyEvent,
  ApplyParams,
  ApplyResult,
  RaisedLimit,
  StoredLab,
} from "./protocol.ts";
import { writeStoredLab } from "./stored-lab.ts";

export interface SessionOptions {
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

export class LabSession {
  readonly options: SessionOptions;
  #phase: AgentInfo["phase"] = "idle";
  #lab: AdoptedLab | undefined;
  /** The connection that a build depends on until its commit. */
  #owner: Connection | undefined;
  #locked: { readonly by: Connection; readonly purpose: string } | undefined;
  #keep = false;
  #applying: { readonly abort: AbortController; readonly ended: Promise<unknown> } | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  get info(): AgentInfo {
    return {
      pid: process.pid,
      version: this.options.version,
      lab: this.#lab?.runtime.lab ?? null,
      phase: this.#phase,
      rootless: this.options.rootless,
      recovered: this.#lab?.recovered ?? false,
    };
  }

  /** Throws when there is no lab yet, or none any more. */
  get lab(): AdoptedLab {
    if (this.#lab !== undefined) return this.#lab;
    throw new LabError("ENOLAB", EXIT.buildFailed, "this agent has no lab", {
      hint: "build it: k8snet-lab up LAB.yaml",
    });
  }

  get runtime(): LabRuntime {
    return this.lab.runtime;
  }

  async adopt(params: AdoptParams, connection: Connection): Promise<AgentInfo> {
    if (this.#phase !== "idle") {
      throw new LabError(
        "EBUSY",
        EXIT.buildFailed,
        `this agent has lab ${this.#lab?.runtime.lab ?? params.lab} already`,
      );
    }
    this.#phase = "building";
    try {
      this.#lab = await adoptLab(params, this.options);
    } catch (error) {
      this.#phase = "idle";
      throw error;
    }
    if (this.#lab.recovered && this.runtime.journal.record.committed) this.#phase = "up";
    this.#owner = connection;
    this.#locked = { by: connection, purpose: "up" };
    if (connection.gone.aborted) this.connectionClosed(connection);
    return this.info;
  }

  takeLock(connection: Connection, purpose: string): void {
    this.#mustHoldLock(connection);
    this.#locked = { by: connection, purpose };
  }

  async raiseLimits(entries: NeighbourEntries, connection: Connection): Promise<readonly RaisedLimit[]> {
    this.#mustHoldLock(connection);
    const { runtime } = this;
    if (this.options.rootless) {
      throw new HostError(
        "the host's neighbour tables can be raised by root only, not for a rootless lab",
        "run it with sudo, or have root raise them: k8snet-lab doctor LAB.yaml prints the command",
      );
    }
    runtime.journal.write({ t: "host-limits" });
    return raiseHostLimits(this.options.parent, runtime.lab, entries);
  }

  async apply(params: ApplyParams, connection: Connection, onEvent: (event: ApplyEvent) => void): Promise<ApplyResult> {
    this.#mustHoldLock(connection);
    if (this.#phase === "going-down" || this.#applying !== undefined) throw busy(this.#phase, process.pid);
    const { runtime } = this.lab;
    const started = performance.now();
    const building = params.mode === "build";
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    connection.gone.addEventListener("abort", stop);
    if (building) this.#keep = params.keep;
    const work = async (): Promise<ApplyResult> => {
      if (params.operations.some(({ resource: { kind } }) => kind === "server" || kind === "dns"))
        await this.lab.loadServers();
      const result = await executeOperations(params.operations, runtime, {
        stopAtFailure: building,
        signal: abort.signal,
        onEvent,
        pace: params.pace,
      });
      const broken = building && !params.keep && (result.failures.length > 0 || abort.signal.aborted);
      // `down` and a lost connection take down themselves, as soon as this has ended.
      const rollsBack = broken && !this.#goingDown && !connection.gone.aborted;
      const rollback = rollsBack ? await this.#removeLab() : { failures: [] };
      return {
        done: result.done,
        failures: [...result.failures, ...rollback.failures],
        rolledBack: broken,
        ms: performance.now() - started,
      };
    };
    const ended = work();
    this.#applying = { abort, ended };
    try {
      return await ended;
    } finally {
      connection.gone.removeEventListener("abort", stop);
      this.#applying = undefined;
    }
  }

  /** From here on the lab stays up whoever goes. Lets go of the lock. */
  commit(stored: StoredLab, connection: Connection): void {
    this.#mustHoldLock(connection);
    const { runtime } = this.lab;
    writeStoredLab(runtime.folder, stored);
    runtime.journal.write({ t: "commit" });
    this.#phase = "up";
    this.#owner = undefined;
    this.#locked = undefined;
  }

  /** Ends this agent. What could not be removed stays in the journal, for the next `down`. */
  async down(connection: Connection, onEvent: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    this.#mustHoldLock(connection);
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
    if (this.#owner !== connection || this.#phase !== "building" || this.#lab === undefined) return;
    this.#owner = undefined;
    if (this.#keep) {
      this.runtime.journal.write({ t: "commit" });
      this.#phase = "up";
      return;
    }
    void this.#stopApplying()
      .then(() => this.#removeLab())
      .finally(() => this.options.exit());
  }

  get #goingDown(): boolean {
    return this.#phase === "going-down";
  }

  #mustHoldLock(connection: Connection): void {
    if (this.#locked === undefined || this.#locked.by === connection) return;
    throw busy(this.#locked.purpose, this.#locked.by.pid);
  }

  async #stopApplying(): Promise<void> {
    this.#phase = "going-down";
    this.#applying?.abort.abort();
    await this.#applying?.ended.catch(() => undefined); // told to who asked for it
  }

  async #removeLab(onEvent?: TeardownOptions["onEvent"]): Promise<TeardownResult> {
    this.#phase = "going-down";
    const result = await this.lab.takeDown(onEvent);
    this.#lab = undefined;
    this.#owner = undefined;
    this.#locked = undefined;
    this.#phase = "idle";
    return result;
  }
}

function busy(purpose: string, pid: number | undefined): LabError {
  return new LabError(
    "EBUSY",
    EXIT.buildFailed,
    `another command (${purpose}, pid ${pid ?? "unknown"}) is changing this lab`,
    {
      hint: "wait until it is through, or stop it with Ctrl-C",
    },
  );
}
