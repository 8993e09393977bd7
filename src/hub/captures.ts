/** Captures on several machines: tcpdump runs there, its files are brought here, piece by piece. */
import { appendFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { CaptureFile, CaptureFollow, CaptureParams, PacketLine } from "../services/capture/protocol.ts";
import { partsOfFile } from "../services/capture/protocol.ts";
import { LabError, UsageError } from "../errors.ts";
import type { HubLab } from "./hub-lab.ts";
import type { LabMachine } from "./machine.ts";

type Place = CaptureParams["at"][number];

interface Running {
  readonly parts: ReadonlyMap<LabMachine, readonly Place[]>;
  /** Path here by machine and path there. */
  readonly files: Map<string, string>;
}

export class HubCaptures {
  readonly #lab: HubLab;
  readonly #running = new Map<string, Running>();

  constructor(lab: HubLab) {
    this.#lab = lab;
  }

  async start(params: CaptureParams): Promise<readonly CaptureFile[]> {
    const parts = new Map<LabMachine, Place[]>();
    for (const place of params.at.flatMap((one) => this.#places(one))) {
      const machine = this.#lab.machineOf(place.ns);
      if (machine === undefined)
        throw new UsageError(
          `there is no namespace ${JSON.stringify(place.ns)} in lab ${this.#lab.name}`,
          "k8snet-lab inspect lists them",
        );
      parts.set(machine, [...(parts.get(machine) ?? []), place]);
    }
    const running: Running = { parts, files: this.#running.get(params.name)?.files ?? new Map<string, string>() };
    const started = await Promise.allSettled(
      [...parts].map(
        async ([machine, at]) => [machine, (await machine.call("captureStart", { ...params, at })).files] as const,
      ),
    );
    const failed = started.find((one) => one.status === "rejected");
    if (failed !== undefined) {
      await Promise.allSettled([...parts.keys()].map((machine) => machine.call("captureStop", { name: params.name })));
      throw failed.reason;
    }
    for (const path of running.files.values()) rmSync(path, { force: true });
    running.files.clear();
    this.#running.set(params.name, running);
    return this.#bring(
      running,
      started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    );
  }

  /** `stop`: tcpdump ends; its files are complete then. */
  async read(name: string, method: "captureFlush" | "captureStop"): Promise<readonly CaptureFile[]> {
    const running = this.#get(name);
    return this.#bring(
      running,
      await Promise.all(
        [...running.parts.keys()].map(
          async (machine) => [machine, (await machine.call(method, { name })).files] as const,
        ),
      ),
    );
  }

  async follow(params: CaptureFollow, onLine: (line: PacketLine) => void): Promise<void> {
    await Promise.all(
      [...this.#get(params.name).parts.keys()].map((machine) => machine.call("captureFollow", params, onLine)),
    );
  }

  /** A switch's port is the other end of the same cable; the whole switch is all of them. */
  #places({ ns, iface }: Place): readonly Place[] {
    const segment = this.#lab.layout.segments.find(({ switchNs }) => switchNs === ns);
    if (segment === undefined) return [{ ns, iface }];
    const ports = segment.ports.filter(({ far }) => iface === undefined || far.name === iface);
    if (ports.length > 0) return ports.map((port) => ({ ns: port.ns, iface: port.name }));
    return segment.ports.map((port) => ({ ns: port.ns, iface: port.name }));
  }

  async #bring(
    running: Running,
    files: readonly (readonly [LabMachine, readonly CaptureFile[]])[],
  ): Promise<readonly CaptureFile[]> {
    const folder = join(this.#lab.folder, "captures");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const all = files.flatMap(([machine, list]) => list.map((file) => ({ machine, file })));
    return Promise.all(
      all.map(async ({ machine, file }) => {
        const bring = async (there: string): Promise<string> => {
          const key = `${machine.name} ${there}`;
          const here = running.files.get(key) ?? join(folder, `${machine.name}.${basename(there)}`);
          // A file of a ring may be another one by now.
          if (!running.files.has(key) || file.parts !== undefined) rmSync(here, { force: true });
          running.files.set(key, here);
          await this.#copy(machine, there, here);
          return here;
        };
        const parts = await Promise.all(partsOfFile(file).map(bring));
        return { ...file, path: parts.at(-1) ?? file.path, ...(file.parts === undefined ? {} : { parts }) };
      }),
    );
  }

  async #copy(machine: LabMachine, there: string, here: string): Promise<void> {
    appendFileSync(here, "", { mode: 0o600 });
    for (;;) {
      const { data } = await machine.call("captureRead", { path: there, from: statSync(here).size });
      if (data === "") return;
      appendFileSync(here, Buffer.from(data, "base64"));
    }
  }

  #get(name: string): Running {
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    const names = [...this.#running.keys()];
    throw new LabError("ENOCAPTURE", 2, `no capture "${name}" was started`, {
      hint: names.length === 0 ? "start it first: k8snet-lab capture LAB TARGET" : `there are: ${names.join(", ")}`,
    });
  }
}
