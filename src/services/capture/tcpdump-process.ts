/** One tcpdump at one place: its flags, when it listens, when its file is complete, and what its complaints mean. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { BuildError } from "../../errors.ts";
import { statOf } from "../../kernel/process-stat.ts";
import { formatPlace } from "../../net/place.ts";
import { countRecords, partsOf, ringBytes, segmentPath, type Ring } from "./capture-ring.ts";
import type { CaptureFile, CaptureParams } from "./protocol.ts";
import { explainTcpdump } from "./tcpdump-complaint.ts";

const START_TIMEOUT = 10_000;
const FLUSH_TIMEOUT = 3000;
const STOP_TIMEOUT = 2000;
/** The answer to SIGUSR1: `tcpdump: 2 packets captured, 4 packets received by filter, 0 packets dropped by kernel`. */
const STATISTICS =
  /(\d+) packets? captured[,\n]\s*(\d+) packets? received by filter[,\n]\s*(\d+) packets? dropped by kernel/;

export interface TcpdumpPlace {
  readonly capture: string;
  readonly ns: string;
  readonly iface: string;
  /** Of its segments, without their numbers. */
  readonly path: string;
  readonly ring: Ring;
}

interface Statistics {
  readonly captured: number;
  readonly received: number;
  readonly dropped: number;
}

export class TcpdumpProcess {
  readonly place: TcpdumpPlace;
  /** Resolves when tcpdump says that it listens. */
  readonly listening: Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>;
  readonly #params: CaptureParams;
  readonly #child: ChildProcess;
  #stderr = "";
  #running = true;
  #stopping = false;
  #packets = 0;
  #dropped = 0;
  #waiting: ((statistics: Statistics | undefined) => void)[] = [];

  constructor(place: TcpdumpPlace, params: CaptureParams, spawn: (argv: readonly string[]) => ChildProcess) {
    this.place = place;
    this.#params = params;
    this.#child = spawn(tcpdumpArgv(place, params));
    const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      reject(
        new BuildError(
          `${this.#name}: tcpdump did not start to listen within ${START_TIMEOUT / 1000} s`,
          [],
          this.#stderr.trim() || "is the machine overloaded? try again",
        ),
      );
      this.#child.kill("SIGKILL");
    }, START_TIMEOUT);
    this.listening = listening.finally(() => clearTimeout(timer));
    this.listening.catch(() => undefined); // reported by the code that awaits it
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      if (this.#stderr.includes("listening on")) resolve();
      this.#readStatistics();
    });
    this.exited = new Promise((done) => {
      const end = (error?: NodeJS.ErrnoException): void => {
        if (!this.#running) return;
        this.#running = false;
        reject(this.#failure(error));
        for (const wake of this.#waiting.splice(0)) wake(undefined);
        done();
      };
      this.#child.once("error", end);
      // `close` follows the last of stderr, with the final counters in it.
      this.#child.once("close", () => end());
    });
  }

  get running(): boolean {
    return this.#running;
  }

  get file(): CaptureFile {
    const { ns, iface, path, ring } = this.place;
    const parts = partsOf(path, ring);
    // It has counted packets that no longer exist. Only a ring that is full can have lost something.
    const kept = parts.length < ring.segments ? this.#packets : countRecords(parts);
    return {
      ns,
      iface,
      path: parts.at(-1) ?? segmentPath(path, 0),
      packets: Math.min(this.#packets, kept),
      dropped: this.#dropped,
      keeps: ringBytes(ring),
      ...(parts.length > 1 ? { parts } : {}),
      ...(kept < this.#packets ? { wrapped: ringBytes(ring) } : {}),
    };
  }

  /**
   * tcpdump sleeps in poll(2) only when its ring is empty, and writes each packet through before it polls again
   * (-U, --immediate-mode). So once it has been seen asleep, all that was captured before the call is in the file.
   */
  async flush(): Promise<void> {
    const deadline = performance.now() + FLUSH_TIMEOUT;
    let pause = 1;
    for (;;) {
      if (!this.#running) throw this.#failure();
      const asleep = this.#isAsleep();
      if (asleep === true) break;
      // Without /proc its counters decide: everything that it received is captured.
      const statistics = asleep === undefined ? await this.#statistics() : undefined;
      if (statistics !== undefined && statistics.captured + statistics.dropped >= statistics.received) break;
      if (performance.now() > deadline) break; // steady traffic: what arrived before the call has long been written
      await sleep(pause);
      pause = Math.min(20, pause * 2);
    }
    await this.#statistics();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.#running) return;
    this.#child.kill("SIGINT");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT);
    await this.exited;
    clearTimeout(timer);
  }

  get #name(): string {
    // Only those of lab files have a name that someone gave them.
    const name = this.#params.declared === undefined ? "" : ` ${this.place.capture}`;
    return `capture${name} at ${formatPlace(this.place.ns, this.place.iface)}`;
  }

  /** undefined: unknown. A task that has been woken counts as running at once. */
  #isAsleep(): boolean | undefined {
    const stat = statOf(this.#child.pid ?? 0);
    return stat === undefined ? undefined : stat.state === "S";
  }

  /** Ask for the counters; undefined when it does not answer. */
  async #statistics(): Promise<Statistics | undefined> {
    const answer = new Promise<Statistics | undefined>((resolve) => this.#waiting.push(resolve));
    const timer = setTimeout(() => {
      for (const wake of this.#waiting.splice(0)) wake(undefined);
    }, 1000);
    this.#child.kill("SIGUSR1");
    const statistics = await answer;
    clearTimeout(timer);
    return statistics;
  }

  #readStatistics(): void {
    for (;;) {
      const found = STATISTICS.exec(this.#stderr);
      if (found === null) return;
      const [text, captured, received, dropped] = found;
      this.#stderr = this.#stderr.slice(found.index + text.length);
      const statistics = { captured: Number(captured), received: Number(received), dropped: Number(dropped) };
      this.#packets = statistics.captured;
      this.#dropped = statistics.dropped;
      for (const wake of this.#waiting.splice(0)) wake(statistics);
    }
  }

  #failure(error?: NodeJS.ErrnoException): Error {
    return explainTcpdump(this.#stderr, {
      name: this.#name,
      filter: this.#params.filter ?? "",
      stopped: this.#stopping,
      error,
    });
  }
}

/**
 * With --immediate-mode every packet takes a slot of the largest possible size (at most 64 KiB, GSO) in the ring, and libpcap
 * rounds a slot with its header up to a power of two.
 */
const RING_PACKETS = 4096;
const SLOT_HEADER = 96;
const LEAST_KIB = 2048;
const MOST_KIB = 16_384;
function bufferKiB(snaplen: number): number {
  const slot = 2 ** Math.ceil(Math.log2(Math.min(snaplen, 65_536) + SLOT_HEADER));
  return Math.min(MOST_KIB, Math.max(LEAST_KIB, (RING_PACKETS * slot) / 1024));
}

/**
 * -U and --immediate-mode: every packet is in the file as soon as tcpdump has it. -p: devices stay out of promiscuous
 * mode (virtual ones deliver everything anyway). -Z root: root stays root, so that the file can be written in a 0700 folder;
 * an ordinary user's tcpdump never changes its user.
 */
function tcpdumpArgv(place: TcpdumpPlace, params: CaptureParams): string[] {
  const argv = [
    "tcpdump",
    "-i",
    place.iface,
    "-p",
    "-B",
    String(bufferKiB(params.snaplen)),
    "-U",
    "--immediate-mode",
    "--time-stamp-precision=nano",
    "-s",
    String(params.snaplen),
    "-w",
    place.path,
    "-C",
    String(place.ring.size),
    "-W",
    String(place.ring.segments),
  ];
  if (process.getuid?.() === 0) argv.push("-Z", "root");
  // `--`: a filter is never an option.
  if (params.filter !== undefined && params.filter.trim() !== "") argv.push("--", params.filter);
  return argv;
}
