/** What this agent itself holds for resources: servers, proxies, watches that it runs, and processes that it has started. */
import type { ResourceKind, ResourceOf } from "../resources/resource.ts";
import type { RuntimeApplier } from "./kind.ts";
import type { LabRuntime } from "./runtime.ts";

export interface Held {
  /** Absent: until it is stopped. */
  readonly running?: boolean;
  /** Milliseconds since its start, where it may need some to be ready. */
  readonly age?: number;
  /** At once. */
  stop(): void;
}

/** How kinds that the agent serves are started, handed in by it. Throw EADDRINUSE. */
export type Starters = { readonly [K in ResourceKind]?: (resource: ResourceOf<K>, runtime: LabRuntime) => Held };

/** What a change of it does while it runs. */
interface Changes<K extends ResourceKind, T extends Held> {
  /** False: it must be started again. */
  update?(running: T, resource: ResourceOf<K>, before: ResourceOf<K>): boolean;
  /** It is not wanted any more. Absent: it is stopped. */
  retire?(running: T, runtime: LabRuntime): void;
}

/** The applier of a kind that one of the starters runs. */
export function heldApplier<K extends ResourceKind, T extends Held>(
  kind: K,
  { update, retire = (running) => running.stop() }: Changes<K, T> = {},
): RuntimeApplier<K> {
  const end = (id: string, runtime: LabRuntime, how: (running: T, runtime: LabRuntime) => void): void => {
    const held = runtime.held<T>(kind);
    const running = held.get(id);
    held.delete(id);
    if (running !== undefined) how(running, runtime);
  };
  const start = (resource: ResourceOf<K>, runtime: LabRuntime): void => {
    end(resource.id, runtime, retire);
    const running = runtime.starters[kind]?.(resource, runtime);
    if (running === undefined) throw new Error(`nothing starts a ${kind}`);
    runtime.held(kind).set(resource.id, running);
  };
  return {
    create: start,
    update: (resource, before, runtime) => {
      const running = runtime.held<T>(kind).get(resource.id);
      if (running === undefined || before === undefined || update?.(running, resource, before) !== true)
        start(resource, runtime);
    },
    remove: ({ id }, runtime) => end(id, runtime, retire),
    abandon: ({ id }, runtime) => end(id, runtime, (running) => running.stop()),
  };
}
