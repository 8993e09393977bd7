/** Which tcpdump processes run in which namespaces, when their files are complete, and what they see live. */
import { count } from "../../counting.ts";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SpawnIn } from "../../apply/spawn.ts";
import { BuildError, LabError } from "../../errors.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { formatPlace } from "../../net/place.ts";
import { freeBytes, partsOf, ringBytes, ringFor, segmentPath, usedBytes, type Ring } from "./capture-ring.ts";
import type { CaptureFile, CaptureFollow, CaptureParams, PacketLine } from "./protocol.ts";
import { deviceName } from "./device-name.ts";
import { PcapTail } from "./pcap-tail.ts";
import { TcpdumpProcess } from "./tcpdump-process.ts";

/** Milliseconds that files stay for certain. */
const KEEP = 60_000;

interface RunningCapture {
  readonly params: CaptureParams;
  readonly processes: readonly TcpdumpProcess[];
  readonly tails: Set<PcapTail>;
  /** performance.now() when stop() was called: the files stay for a while and can still be asked for. */
  stoppedAt: number | undefined;
}

/** All captures of one lab. Files are in `folder` (created on demand, mode 0700) and stay there after stop(). */
export class Captures {
  readonly #netns: (ns: string) => NetnsHandle;
  readonly #folder: string;
  readonly #spawnIn: SpawnIn;
  readonly #captures = new Map<string, RunningCapture>();
  readonly #starting = new Map<string, Promise<readonly CaptureFile[]>>();

  constructor(netns: (ns: string) => NetnsHandle, folder: string, spawnIn: SpawnIn) {
    this.#netns = netns;
    this.#folder = folder;
    this.#spawnIn = spawnIn;
  }

  /** tcpdump processes that run now. */
  get count(): number {
    let count = 0;
    for (const capture of this.#captures.values()) count += capture.processes.filter((p) => p.running).length;
    return count;
  }

  /**
   * Resolves when tcpdump listens at all places. One that already runs with the same parameters continues; with others
   * it is restarted. Throws UsageError for a bad filter, HostError without tcpdump, BuildError for the rest
   * (`No such device`); then nothing of it runs.
   */
  async start(params: CaptureParams): Promise<readonly CaptureFile[]> {
    const pending = this.#starting.get(params.name);
    if (pending !== undefined) await pending.catch(() => undefined);
    const present = this.#captures.get(params.name);
    if (present !== undefined && isAlive(present)) {
      if (JSON.stringify(present.params) === JSON.stringify(params)) return this.flush(params.name);
      await this.stop(params.name);
    }
    const starting = this.#start(params);
    this.#starting.set(params.name, starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(params.name);
    }
  }

  async #start(params: CaptureParams): Promise<readonly CaptureFile[]> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#forgetOld();
    const ring = this.#ring(params);
    const processes: TcpdumpProcess[] = [];
    try {
      for (const { ns, iface } of params.at) {
        const device = iface ?? "any";
        const path = join(this.#folder, `${fileName(`${params.name}.${ns}.${device}`)}.pcap`);
        // From one that ran before with the same name.
        for (let i = 0; i < ring.segments; i++) rmSync(segmentPath(path, i), { force: true });
        const place = { capture: params.name, ns, iface: device, path, ring };
        processes.push(
          new TcpdumpProcess(place, params, (argv) =>
            this.#spawnIn(this.#netns(ns), argv, { stdio: ["ignore", "ignore", "pipe"] }),
          ),
        );
      }
      const started = await Promise.allSettled(processes.map((process) => process.listening));
      for (const result of started) if (result.status === "rejected") throw result.reason;
    } catch (error) {
      await Promise.all(processes.map((process) => process.stop()));
      throw error;
    }
    this.#captures.set(params.name, { params, processes, tails: new Set(), stoppedAt: undefined });
    return processes.map((process) => process.file);
  }

  /** Throws BuildError where there is no room for it. */
  #ring({ name, at, declared, keep }: CaptureParams): Ring {
    const processes = [...this.#captures.values()].flatMap((capture) => capture.processes);
    const held = processes.reduce((sum, { place }) => sum + usedBytes(place.path, place.ring), 0);
    const free = freeBytes(this.#folder);
    const ring = ringFor(free + held, declared, keep);
    if (ringBytes(ring) * at.length < free) return ring;
    throw new BuildError(
      `capture ${name} does not fit: it needs ${(ringBytes(ring) * at.length) / 1e6} MB for ${count(at.length, "place")}`,
      [],
      keep === undefined
        ? `make room there: df -h ${this.#folder}`
        : `keep less, or make room there: df -h ${this.#folder}`,
    );
  }

  /** Files of captures that were stopped a while ago: their clients have read them. */
  #forgetOld(): void {
    for (const [name, { stoppedAt, processes }] of this.#captures) {
      if (stoppedAt === undefined || performance.now() - stoppedAt < KEEP) continue;
      this.#captures.delete(name);
      for (const { place } of processes)
        for (const part of partsOf(place.path, place.ring)) rmSync(part, { force: true });
    }
  }

  /** Resolves when every packet that the kernel handed to tcpdump before the call is in its file. */
  async flush(name: string): Promise<readonly CaptureFile[]> {
    const capture = this.#get(name);
    await Promise.all(capture.stoppedAt !== undefined ? [] : capture.processes.map((process) => process.flush()));
    return capture.processes.map((process) => process.file);
  }

  /** Ends tcpdump; its files are complete then. */
  async stop(name: string): Promise<readonly CaptureFile[]> {
    // A signal ends tcpdump with packets still in its ring: what was captured before the call must be in the file.
    const flushing = this.#get(name).processes.filter((process) => process.running);
    await Promise.all(flushing.map((process) => process.flush().catch(() => undefined)));
    return this.#end(name);
  }

  async #end(name: string): Promise<readonly CaptureFile[]> {
    const capture = this.#get(name);
    capture.stoppedAt ??= performance.now();
    await Promise.all(capture.processes.map((process) => process.stop()));
    finishTails(capture);
    return capture.processes.map((process) => process.file);
  }

  /** Decoded lines of what is already in the files and of everything that follows; `quiet`: see CaptureFollow. Returns the end of it. */
  follow({ name, quiet, raw }: CaptureFollow, onLine: (line: PacketLine) => void): () => void {
    const capture = this.#get(name);
    const tails = capture.processes.map(({ place }) => {
      const handle = this.#netns(place.ns);
      return new PcapTail(place.path, place.ring, {
        capture: name,
        place: (ifindex) =>
          formatPlace(
            place.ns,
            (place.iface === "any" && ifindex !== undefined ? deviceName(handle, ifindex) : undefined) ?? place.iface,
          ),
        onLine,
        quiet,
        raw,
      });
    });
    for (const tail of tails) {
      if (capture.stoppedAt !== undefined) tail.finish();
      else capture.tails.add(tail);
    }
    return () => {
      for (const tail of tails) {
        capture.tails.delete(tail);
        tail.close();
      }
    };
  }

  /** Resolves when the capture has ended, by stop() or because tcpdump did, and followers have seen its last packet. */
  async ended(name: string): Promise<void> {
    const capture = this.#get(name);
    await Promise.all(capture.processes.map((process) => process.exited));
    finishTails(capture);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#starting.values()].map((starting) => starting.catch(() => undefined)));
    await Promise.all([...this.#captures.keys()].map((name) => this.#end(name)));
  }

  #get(name: string): RunningCapture {
    const capture = this.#captures.get(name);
    if (capture !== undefined) return capture;
    const names = [...this.#captures.keys()];
    throw new LabError("ENOCAPTURE", 2, `no capture "${name}" was started`, {
      hint: names.length === 0 ? "start it first: k8snet-lab capture LAB TARGET" : `there are: ${names.join(", ")}`,
    });
  }
}

function isAlive(capture: RunningCapture): boolean {
  return capture.stoppedAt === undefined && capture.processes.every((process) => process.running);
}

function finishTails(capture: RunningCapture): void {
  for (const tail of capture.tails) tail.finish();
  capture.tails.clear();
}

/** Names come from lab files and the command line: nothing that leads out of the folder. */
function fileName(text: string): string {
  return text
    .replaceAll("/", ".")
    .replaceAll(/[^A-Za-z0-9_.@-]/g, "_")
    .replace(/^\.+/, "_");
}
