/**
 * How many labs start at a time on this machine, of all users: 25 at once on two processors would be too slow for their own
 * checks. No other user can block the queue forever: a process that starts or waits announces it by its process name
 * (/proc/PID/comm, which everyone can read), the oldest process is first, and nothing is waited for beyond a bound.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { statOf } from "../kernel/process-stat.ts";
import { isBusy } from "../agent/busy.ts";

/** Names of processes, at most 15 bytes. */
const WAITS = "k8snet-waits";
const STARTS = "k8snet-starts";

/** Milliseconds: to wait for a starting lab, without any progress of the queue, and in total. */
const START_LIMIT = 30_000;
const STALL_LIMIT = 30_000;
const WAIT_LIMIT = 300_000;
/** Milliseconds between two looks at those before us, between two looks for all, and between two lines for the user. */
const LOOK_EVERY = 200;
const SEARCH_EVERY = 2000;
const SAY_EVERY = 2000;

export interface StartGate {
  /** Resolves when it is our turn; at once where nothing else starts. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<void>;
  /** Others may start. */
  leave(): void;
}

export interface GateProcess {
  readonly pid: number;
  readonly startTime: number;
  readonly waits: boolean;
}

/** `say`: where the place in the queue is shown. */
export function makeStartGate(say: (text: string) => void, slots = Math.max(2, availableParallelism())): StartGate {
  let turn: Promise<void> | undefined;
  let name: string | undefined;
  const call = (text: string): void => {
    try {
      name ??= readFileSync("/proc/self/comm", "utf8").trim();
      writeFileSync("/proc/self/comm", text);
    } catch {
      // Others do not see us.
    }
  };
  return {
    enter: (signal) =>
      (turn ??= (async () => {
        if (process.platform !== "linux") return;
        if (!isBusy()) return call(STARTS);
        call(WAITS);
        await wait(signal, say, slots);
        call(STARTS);
      })()),
    leave: () => {
      if (name !== undefined) call(name);
    },
  };
}

async function wait(signal: AbortSignal, say: (text: string) => void, slots: number): Promise<void> {
  const self = statOf(process.pid)?.startTime ?? 0;
  const began = performance.now();
  const seen = new Map<number, number>();
  let [searched, said, moved] = [-Infinity, began - SAY_EVERY + LOOK_EVERY, began];
  let before: readonly GateProcess[] = [];
  let line = "";
  for (;;) {
    const now = performance.now();
    const search = now - searched > SEARCH_EVERY;
    if (search) searched = now;
    const found = gateProcesses(search ? undefined : before.map(({ pid }) => pid));
    const ahead = aheadOf({ pid: process.pid, startTime: self, waits: true }, found).filter(({ pid, waits }) => {
      if (!waits && !seen.has(pid)) seen.set(pid, now);
      return waits || now - (seen.get(pid) ?? now) < START_LIMIT;
    });
    if (keysOf(ahead) !== keysOf(before)) moved = now;
    before = ahead;
    const place = ahead.length - slots + 1;
    if (place <= 0 || now - moved > STALL_LIMIT || now - began > WAIT_LIMIT) return;
    const text = `other labs are starting on this machine: number ${place} in the queue\n`;
    if (text !== line && now - said > SAY_EVERY) {
      say(text);
      [line, said] = [text, now];
    }
    await sleep(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

/** Those that start, and those that wait and are older than us: a later one cannot overtake us. */
export function aheadOf(self: GateProcess, all: readonly GateProcess[]): readonly GateProcess[] {
  return all.filter(
    ({ pid, startTime, waits }) =>
      pid !== self.pid && (!waits || startTime < self.startTime || (startTime === self.startTime && pid < self.pid)),
  );
}

/** `pids`: only these. Stopped ones do not count. */
function gateProcesses(pids?: readonly number[]): GateProcess[] {
  const found: GateProcess[] = [];
  for (const pid of pids ?? readdirSync("/proc").map(Number)) {
    if (!Number.isInteger(pid)) continue;
    let comm: string;
    try {
      comm = readFileSync(`/proc/${pid}/comm`, "latin1").trimEnd();
    } catch {
      continue; // gone
    }
    if (comm !== WAITS && comm !== STARTS) continue;
    const stat = statOf(pid);
    if (stat !== undefined && !"TtZX".includes(stat.state))
      found.push({ pid, startTime: stat.startTime, waits: comm === WAITS });
  }
  return found;
}

function keysOf(processes: readonly GateProcess[]): string {
  return processes.map(({ pid, waits }) => `${pid}${waits ? "w" : "s"}`).join(" ");
}
