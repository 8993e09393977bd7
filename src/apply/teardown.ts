/**
 * Takes a lab down by its journal alone: every step runs, errors are collected, and what is gone already is no error,
 * so that it can be done again after it was cut short.
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { formatCause } from "../cause.ts";
import type { OperationFailure } from "../errors.ts";
import { NETNS_FOLDER, removeNetns } from "../kernel/netns.ts";
import { releaseHostLimits } from "./host-limits.ts";
import { killLabProcesses } from "./leftovers.ts";
import type { LabRuntime } from "./runtime.ts";

export interface TeardownResult {
  /** Ids of the resources that were removed: servers, processes, namespaces (with all that is in them), files. */
  readonly removed: readonly string[];
  readonly failures: readonly OperationFailure[];
}

export interface TeardownOptions {
  readonly onEvent?: ((event: { id: string; removed: boolean }) => void) | undefined;
  /** Milliseconds to wait after each namespace; for tests that kill. */
  readonly pace?: number | undefined;
}

const SLICE = 10;

/** Everything but the state folder itself, see removeState(). */
export async function tearDown(runtime: LabRuntime, options: TeardownOptions = {}): Promise<TeardownResult> {
  const { record } = runtime.journal;
  const removed: string[] = [];
  const failures: OperationFailure[] = [];
  const step = (id: string, command: string, act: () => void): void => {
    let ok = true;
    try {
      act();
      removed.push(id);
    } catch (error) {
      ok = false;
      failures.push(failureOf(runtime, id, command, error));
    }
    options.onEvent?.({ id, removed: ok });
  };

  runtime.journal.write({ t: "down" });
  for (const watch of runtime.watches.values()) watch.stop();
  runtime.watches.clear();
  for (const [id, server] of runtime.servers) step(id, "", () => server.stop());
  runtime.servers.clear();
  for (const [id, server] of runtime.dnsServers) step(id, "", () => server.stop());
  runtime.dnsServers.clear();
  for (const [id, proxy] of runtime.proxies) step(id, "", () => proxy.stop());
  runtime.proxies.clear();
  for (const proxy of runtime.retiredProxies) proxy.stop();
  runtime.retiredProxies.clear();
  for (const [id, process] of runtime.processes) step(id, "", () => process.kill());
  runtime.processes.clear();

  const left = await killLabProcesses({ ids: record.ids, netns: netnsInodes(record.netns.values()) });
  for (const { pid } of left)
    failures.push(failureOf(runtime, `process ${pid}`, `kill -9 ${pid}`, new Error("it does not end")));

  let since = performance.now();
  // The last made goes first: pods before the nodes that they hang on.
  for (const [id, name] of [...record.netns].reverse()) {
    const resource = record.applied.get(id);
    step(id, `ip netns del ${name}`, () => {
      if (resource !== undefined) runtime.forgetNetns(resource.ns);
      removeNetns(name);
      runtime.journal.write({ t: "gone", id });
    });
    if (options.pace !== undefined) await new Promise((resolve) => setTimeout(resolve, options.pace));
    if (performance.now() - since < SLICE) continue;
    await breathe();
    since = performance.now();
  }
  if (record.hostLimits) {
    try {
      await releaseHostLimits(dirname(runtime.folder), runtime.lab);
    } catch (error) {
      failures.push(failureOf(runtime, "host limits", "", error));
    }
  }
  return { removed, failures };
}

/** Of the namespaces that are there; not of the one that this process lives in, as a node container's agent does. */
export function netnsInodes(names: Iterable<string>): Set<number> {
  const inodes = new Set<number>();
  // A plain file left by a kill between making and mounting has an inode of another file system: never a namespace's.
  const plain = statSync("/run").dev;
  const own = statSync("/proc/thread-self/ns/net").ino;
  for (const name of names) {
    try {
      const { ino, dev } = statSync(`${NETNS_FOLDER}/${name}`);
      if (dev !== plain && ino !== own) inodes.add(ino);
    } catch {
      // never made, or removed by hand
    }
  }
  return inodes;
}

function failureOf(runtime: LabRuntime, id: string, command: string, error: unknown): OperationFailure {
  const cause = runtime.journal.record.applied.get(id)?.cause;
  return {
    operation: `delete ${id}`,
    command,
    stderr: error instanceof Error ? error.message : String(error),
    cause: cause === undefined ? "" : formatCause(cause),
  };
}
