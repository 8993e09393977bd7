/**
 * Takes a lab down by its journal alone: every step runs, errors are collected, and what is already gone is not an error,
 * so that it can be done again after it was cut short.
 */
import { messageOf } from "../errors.ts";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { formatCause } from "../cause.ts";
import type { OperationFailure } from "../errors.ts";
import { isNamed, removeNetns } from "../kernel/netns.ts";
import { applierOf } from "./act.ts";
import { releaseHostLimits } from "./host-limits.ts";
import { leftAlone } from "../resources/netns/apply.ts";
import { killLabProcesses } from "./kill-lab-processes.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { LabRuntime } from "./runtime.ts";
import { slices } from "./slices.ts";

export interface TeardownResult {
  /** Ids of the resources that were removed: servers, processes, namespaces (with all that is in them), files. */
  readonly removed: readonly string[];
  /** One sentence each about objects that have a name of the lab but do not belong to it. */
  readonly left?: readonly string[] | undefined;
  readonly failures: readonly OperationFailure[];
}

export interface TeardownOptions {
  readonly onEvent?: ((event: { id: string; removed: boolean }) => void) | undefined;
  /** Milliseconds to wait after each namespace; for tests that kill. */
  readonly pace?: number | undefined;
}

/** It was gone before: another object with its name was left alone. */
const FOREIGN = Symbol("foreign");

/** Everything but the state folder itself, see removeState(). */
export async function tearDown(runtime: LabRuntime, options: TeardownOptions = {}): Promise<TeardownResult> {
  const { record } = runtime.journal;
  const removed: string[] = [];
  const left: string[] = [];
  const failures: OperationFailure[] = [];
  const step = (id: string, command: string, act: () => unknown): void => {
    let ok = true;
    try {
      if (act() === FOREIGN) return;
      removed.push(id);
    } catch (error) {
      ok = false;
      failures.push(failureOf(runtime, id, command, error));
    }
    options.onEvent?.({ id, removed: ok });
  };

  runtime.journal.note({ t: "down" });
  for (const one of runtime.retired) one.stop();
  for (const [id, one] of runtime.allHeld) {
    const resource = record.applied.get(id);
    // Only these are named, as where a container ends.
    if (resource !== undefined && definitionOf(resource).endsWithContainer !== true) one.stop();
    else step(id, "", () => one.stop());
  }
  runtime.forgetHeld();

  const stay = await killLabProcesses({ ids: record.ids, netns: labInodes(runtime) });
  for (const { pid } of stay)
    failures.push(failureOf(runtime, `process ${pid}`, `kill -9 ${pid}`, new Error("did not exit")));

  // The kernel takes its time with a namespace, and for as long the host would have the other end.
  for (const resource of record.applied.values())
    if (definitionOf(resource).leavesLab === true && runtime.find(resource.ns) !== undefined)
      step(resource.id, "", () => applierOf(resource).remove(resource, runtime));

  const turn = slices();
  // In reverse order of creation: pods before the nodes that they are attached to.
  for (const [id, name] of [...record.netns].reverse()) {
    const resource = record.applied.get(id);
    step(id, `ip netns del ${name}`, () => {
      if (resource !== undefined) runtime.forgetNetns(resource.ns);
      const foreign = isNamed(name, record.identities.get(id)) === false;
      if (foreign) left.push(leftAlone(name));
      else removeNetns(name);
      runtime.journal.note({ t: "gone", id });
      return foreign ? FOREIGN : undefined;
    });
    if (options.pace !== undefined) await sleep(options.pace);
    await turn();
  }
  if (record.hostLimits) {
    try {
      await releaseHostLimits(dirname(runtime.folder), runtime.lab);
    } catch (error) {
      failures.push(failureOf(runtime, "host limits", "", error));
    }
  }
  return { removed, left, failures };
}

/**
 * Inodes of the lab's namespaces that exist, with or without a name; not of the one that this process lives in, as a node
 * container's agent does.
 */
export function labInodes(runtime: LabRuntime): Set<number> {
  const { record } = runtime.journal;
  const inodes = new Set(runtime.namespaces.flatMap((ns) => runtime.find(ns)?.inode ?? []));
  for (const [id, name] of record.netns) {
    const identity = record.identities.get(id);
    if (identity !== undefined && isNamed(name, identity) === true) inodes.add(identity.inode);
  }
  inodes.delete(statSync("/proc/thread-self/ns/net").ino);
  return inodes;
}

function failureOf(runtime: LabRuntime, id: string, command: string, error: unknown): OperationFailure {
  const cause = runtime.journal.record.applied.get(id)?.cause;
  return {
    operation: `delete ${id}`,
    command,
    stderr: messageOf(error),
    cause: cause === undefined ? "" : formatCause(cause),
  };
}
