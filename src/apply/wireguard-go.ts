/**
 * WireGuard in user space, where the kernel has none: a wireguard-go per device, a process of the lab in the device's namespace. The
 * device is its TUN device and goes with it. It is spoken to at the socket that it makes in /var/run/wireguard, which is a folder of
 * the lab's there, one for each namespace.
 */
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { messageOf } from "../errors.ts";
import { probeFeatures } from "../kernel/features.ts";
import type { Resource } from "../resources/resource.ts";
import { wireguardIds } from "../resources/wireguard/definition.ts";
import type { WireguardResource } from "../resources/wireguard/definition.ts";
import type { ObservedLink } from "../resources/observed.ts";
import { wireguardChange } from "../resources/wireguard/change.ts";
import type { WireguardSettings } from "../resources/wireguard/settings.ts";
import { GET, readAnswer, setRequest } from "../resources/wireguard/uapi.ts";
import type { Held } from "./held.ts";
import { LabProcess, removeLog } from "./lab-process.ts";
import type { LabRuntime } from "./runtime.ts";
import { socketsFolder } from "./socket-folders.ts";

/** Milliseconds. */
const START = 5000;
const LOOK_EVERY = 3;
const ANSWER = 2000;

let inKernel: boolean | undefined;

export function kernelHasWireguard(): boolean {
  inKernel ??= probeFeatures(["wireguard"])["wireguard"]?.ok === true;
  return inKernel;
}

const processesOf = (runtime: LabRuntime): Map<string, WireguardGo> => runtime.held<WireguardGo>("wireguard");

/** The process of a device; undefined where it has none, or none that runs. */
export function wireguardGoOf({ id }: { readonly id: string }, runtime: LabRuntime): WireguardGo | undefined {
  const found = processesOf(runtime).get(id);
  return found?.running === true ? found : undefined;
}

export class WireguardGo implements Held {
  readonly ns: string;
  readonly dev: string;
  readonly #id: string;
  readonly #runtime: LabRuntime;
  readonly #folder: string;
  readonly #process: LabProcess;

  /** Resolves when it answers: its device is there, without settings. */
  static async start(resource: WireguardResource, runtime: LabRuntime): Promise<WireguardGo> {
    const started = new WireguardGo(resource, runtime);
    processesOf(runtime).set(resource.id, started);
    const deadline = performance.now() + START;
    while (!(await started.#answers())) {
      if (!started.running || performance.now() > deadline) {
        const said = started.#process.lines().at(-1);
        await started.end();
        throw new Error(`wireguard-go ${started.dev} did not start${said === undefined ? "" : `: ${said}`}`);
      }
      await sleep(LOOK_EVERY);
    }
    return started;
  }

  private constructor({ id, ns, node, cause, name }: WireguardResource, runtime: LabRuntime) {
    [this.ns, this.dev, this.#id, this.#runtime] = [ns, name, id, runtime];
    this.#folder = runtime.subfolder(socketsFolder("wireguard", ns));
    // One that a killed process has left is not taken for that of the new one.
    rmSync(`${this.#folder}/${name}.sock`, { force: true });
    const argv = ["wireguard-go", name];
    const env = { WG_PROCESS_FOREGROUND: "1", LOG_LEVEL: "error" };
    this.#process = new LabProcess({ kind: "process", id, ns, node, cause, name: argv.join(" "), argv, env }, runtime);
  }

  get running(): boolean {
    return this.#process.running;
  }

  /** Resolves when its device is gone. */
  async end(): Promise<void> {
    processesOf(this.#runtime).delete(this.#id);
    await this.#process.end();
    removeLog(this.#id, this.#runtime);
    rmSync(`${this.#folder}/${this.dev}.sock`, { force: true });
    // Those of the namespace share it, one that is just starting too.
    if (![...processesOf(this.#runtime).values()].some(({ ns }) => ns === this.ns))
      rmSync(this.#folder, { recursive: true, force: true });
  }

  stop(): void {
    this.#process.stop();
  }

  /** Throws what it says, or that it does not answer. */
  async set(settings: WireguardSettings): Promise<void> {
    readAnswer(await this.#ask(setRequest(wireguardChange(settings, await this.get()))));
  }

  async get(): Promise<WireguardSettings> {
    return readAnswer(await this.#ask(GET));
  }

  async #answers(): Promise<boolean> {
    try {
      await this.get();
      return true;
    } catch {
      return false;
    }
  }

  /** By way of its folder: the path of a socket has at most 107 bytes. */
  async #ask(request: string): Promise<string> {
    const folder = openSync(this.#folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const socket = createConnection(`/proc/self/fd/${folder}/${this.dev}.sock`);
      socket.setTimeout(ANSWER, () => socket.destroy(new Error("no answer")));
      socket.end(request);
      return await text(socket);
    } catch (error) {
      throw new Error(`wireguard-go ${this.dev} does not answer: ${messageOf(error)}`, { cause: error });
    } finally {
      closeSync(folder);
    }
  }
}

/** Ids of those devices that a wireguard-go makes here. */
export function inUserSpace(resources: Iterable<Resource>): readonly string[] {
  const ids = wireguardIds(resources);
  return ids.length === 0 || kernelHasWireguard() ? [] : ids;
}

/** Devices of a namespace; those that a wireguard-go has made are shown as WireGuard devices, with their settings where it answers. */
export async function withUserSpace<L extends ObservedLink>(
  runtime: LabRuntime,
  ns: string,
  links: readonly L[],
): Promise<readonly L[]> {
  const here = [...processesOf(runtime).values()].filter((one) => one.ns === ns && one.running);
  if (here.length === 0) return links;
  return Promise.all(
    links.map(async (link) => {
      const process = here.find(({ dev }) => dev === link.name && link.kind === "tun");
      if (process === undefined) return link;
      const wireguard = await process.get().catch(() => undefined);
      return { ...link, kind: "wireguard", userSpace: true, wireguard };
    }),
  );
}
