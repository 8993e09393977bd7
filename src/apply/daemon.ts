/** A daemon of a namespace: a process of the lab that is spoken to at its control socket, as birdc(8) does. */
import { closeSync, constants, openSync, readdirSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import type { DaemonResource } from "../resources/daemon/definition.ts";
import type { Held } from "./held.ts";
import { LabProcess, removeLog } from "./lab-process.ts";
import type { LabRuntime } from "./runtime.ts";
import { socketsFolder } from "./socket-folders.ts";

/** Milliseconds. */
const START = 5000;
const LOOK_EVERY = 3;
const ANSWER = 2000;

export const daemonsOf = (runtime: LabRuntime): Map<string, Daemon> => runtime.held<Daemon>("daemon");

export class Daemon implements Held {
  readonly #resource: DaemonResource;
  readonly #runtime: LabRuntime;
  readonly #folder: string;
  /** In the folder, which daemons of a namespace share. */
  readonly #socket: string;
  readonly #process: LabProcess;

  /** Resolves when it answers. Throws what it says of its configuration. */
  static async start(resource: DaemonResource, runtime: LabRuntime): Promise<void> {
    const started = new Daemon(resource, runtime);
    daemonsOf(runtime).set(resource.id, started);
    const deadline = performance.now() + START;
    while (!(await started.#answers())) {
      if (!started.running || performance.now() > deadline) {
        const said = started.#process.lines().at(-1);
        await started.end();
        throw new Error(`${resource.name} did not start${said === undefined ? "" : `: ${said}`}`);
      }
      await sleep(LOOK_EVERY);
    }
  }

  private constructor(resource: DaemonResource, runtime: LabRuntime) {
    [this.#resource, this.#runtime] = [resource, runtime];
    this.#folder = runtime.subfolder(socketsFolder("bird", resource.ns));
    this.#socket = `${resource.name}.ctl`;
    // One that a killed process has left is not taken for that of the new one.
    rmSync(`${this.#folder}/${this.#socket}`, { force: true });
    this.#process = new LabProcess({ ...resource, kind: "process", env: {} }, runtime);
  }

  get running(): boolean {
    return this.#process.running;
  }

  /** It reads its configuration again. Throws what it says of that. */
  async configure(): Promise<void> {
    await this.#ask("configure");
  }

  async end(): Promise<void> {
    daemonsOf(this.#runtime).delete(this.#resource.id);
    await this.#process.end();
    removeLog(this.#resource.id, this.#runtime);
    rmSync(`${this.#folder}/${this.#socket}`, { force: true });
    if (readdirSync(this.#folder).length === 0) rmSync(this.#folder, { recursive: true, force: true });
  }

  stop(): void {
    this.#process.stop();
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#ask("show status");
      return true;
    } catch {
      return false;
    }
  }

  /** By way of its folder: the path of a socket has at most 107 bytes. Lines begin with a code; from 8000 on it is a mistake. */
  async #ask(command: string): Promise<void> {
    const folder = openSync(this.#folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const socket = createConnection(`/proc/self/fd/${folder}/${this.#socket}`);
      socket.setTimeout(ANSWER, () => socket.destroy(new Error("no answer")));
      const failed = new Promise<never>((_resolve, reject) => socket.once("error", reject));
      const answered = (async () => {
        for await (const line of createInterface(socket)) {
          const [, code = "", more, text = ""] = /^(\d{4})([ -])(.*)$/.exec(line) ?? [];
          if (code === "0001") socket.write(`${command}\n`);
          else if (Number(code) >= 8000) throw new Error(text);
          else if (code !== "" && more === " ") return;
        }
        throw new Error("it has ended");
      })();
      try {
        await Promise.race([answered, failed]);
      } finally {
        answered.catch(() => {});
        failed.catch(() => {});
        socket.destroy();
      }
    } catch (error) {
      throw new Error(`${this.#resource.name}: ${messageOf(error)}`, { cause: error });
    } finally {
      closeSync(folder);
    }
  }
}
