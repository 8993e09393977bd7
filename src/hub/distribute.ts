/** Sends operations to the agents that they belong to, and combines the answers. */
import { once } from "node:events";
import { packOperations } from "../agent/packed-operations.ts";
import type { ApplyEvent } from "../apply/protocol.ts";
import type { ExecuteOptions, ExecuteResult } from "../apply/executor.ts";
import { EXIT, LabError, type OperationFailure } from "../errors.ts";
import { namespacesOf } from "../resources/definitions.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Operation } from "../resources/operation.ts";
import type { HubLab } from "./hub-lab.ts";
import type { Layout } from "./layout.ts";
import type { LabMachine } from "./machine.ts";

const PROGRESS_EVERY = 50;

/** Everything in a machine is made by these. */
export function isRebuilt(machine: string, layout: Layout, operations: readonly Operation[]): boolean {
  const made = new Set(
    operations.flatMap(({ action, resource }) => (action === "create" && isNetns(resource) ? [resource.ns] : [])),
  );
  return layout.machines.every(({ name, namespaces }) => name !== machine || namespaces.every((ns) => made.has(ns)));
}

/** What else decides which machine acts. */
export interface Whereabouts {
  /** The machines of namespaces as they were, for what is deleted. */
  readonly before: ReadonlyMap<string, string>;
  /** Machines in which nothing is done, as they will be rebuilt whole; anything new in one fails. */
  readonly gone: ReadonlySet<string>;
}

export interface Distribution {
  /** As soon as everything is done, or nothing waits for it any more. */
  readonly result: Promise<ExecuteResult>;
  /** When no machine is at it any more. */
  readonly ended: Promise<unknown>;
}

/** Operations on a switch that is a network count as done: the network exists. A cable between machines is done at both. */
export function distribute(
  lab: HubLab,
  operations: readonly Operation[],
  where: Whereabouts,
  options: ExecuteOptions,
): Distribution {
  const parts = new Map<LabMachine, Operation[]>();
  const open = new Map<string, number>();
  const failures: OperationFailure[] = [];
  let done = 0;
  let reportedAt = 0;
  const finish = (id: string, ms: number): void => {
    done++;
    options.onEvent({ type: "done", operation: id, ms });
    if (performance.now() - reportedAt < PROGRESS_EVERY) return;
    reportedAt = performance.now();
    options.onEvent({ type: "progress", done, total: operations.length });
  };
  for (const operation of operations) {
    const machines = machinesFor(lab, operation, where);
    open.set(operation.id, machines.length);
    for (const machine of machines) parts.set(machine, [...(parts.get(machine) ?? []), operation]);
    if (machines.length === 0) finish(operation.id, 0);
  }
  const failed = new Set<string>();
  const take = (event: ApplyEvent): void => {
    if (event.type === "failed") {
      if (failed.has(event.failure.operation)) return;
      failed.add(event.failure.operation);
      failures.push(event.failure);
      options.onEvent(event);
    } else if (event.type === "done") {
      const left = (open.get(event.operation) ?? 1) - 1;
      open.set(event.operation, left);
      if (left === 0 && !failed.has(event.operation)) finish(event.operation, event.ms);
    } else if (event.type === "started") options.onEvent(event);
  };
  const aborted = once(options.signal, "abort");
  const running = [...parts].map(async ([machine, part]) => {
    const ids = new Set(part.map(({ id }) => id));
    const own = part.map((operation) => ({ ...operation, dependsOn: operation.dependsOn.filter((id) => ids.has(id)) }));
    try {
      if (where.gone.has(machine.name)) machine.mustBeFilled();
      await machine.call(
        "apply",
        {
          operations: packOperations(own, false),
          mode: options.stopAtFailure ? "build" : "converge",
          keep: true,
          pace: options.pace,
        },
        take,
      );
    } catch (error) {
      take({ type: "failed", failure: lostFailure(machine, part, error) });
    }
  });
  const ended = Promise.allSettled(running);
  const result = async (): Promise<ExecuteResult> => {
    if (!options.signal.aborted) await Promise.race([ended, aborted]);
    options.onEvent({ type: "progress", done, total: operations.length });
    return { done, failures };
  };
  return { result: result(), ended };
}

function machinesFor(
  lab: HubLab,
  { action, resource }: Operation,
  { before, gone }: Whereabouts,
): readonly LabMachine[] {
  const ends = namespacesOf(resource);
  const was = (ns: string): LabMachine | undefined => lab.machines.get(before.get(ns) ?? "") ?? lab.machineOf(ns);
  const machineOf = action === "delete" ? was : (ns: string) => lab.machineOf(ns);
  const machines = new Set(ends.map(machineOf).filter((machine) => machine !== undefined));
  // What is gone, or goes with its container, needs no deleting.
  if (action === "delete") return [...machines].filter(({ alive, name }) => alive && !gone.has(name));
  return [...machines].filter(({ name }) => !gone.has(name) || isNetns(resource));
}

function lostFailure(machine: LabMachine, part: readonly Operation[], error: unknown): OperationFailure {
  const said = error instanceof LabError ? error.message : String(error);
  return {
    operation: part[0]?.id ?? machine.name,
    command: `docker inspect ${machine.container?.slice(0, 12) ?? machine.name}`,
    stderr: said,
    cause: error instanceof LabError && error.exitCode === EXIT.bug ? "a bug" : "",
  };
}
