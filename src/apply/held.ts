/** What this agent itself holds for resources: servers, proxies, watches that it runs, and processes that it has started. */
import { sameButPace, type Pace } from "../resources/pace.ts";
import type { Resource, ResourceKind, ResourceOf } from "../resources/resource.ts";
import type { RuntimeApplier } from "./kind.ts";
import type { LabRuntime } from "./runtime.ts";

export interface Held {
  /** Absent: until it is stopped. */
  readonly running?: boolean;
  /** Milliseconds since its start, where it may need some to be ready. */
  readonly age?: number;
  /** A digest of what it serves, where that can be something else than was asked for. */
  readonly digest?: string;
  /** It is there and does nothing, until it is called with false. */
  pause?(paused: boolean): void;
  /** At once. */
  stop(): void;
}

/** In place of what starts later, as it is wanted by then. */
class Waiting<R> implements Held {
  resource: R;
  readonly #timer: NodeJS.Timeout;

  constructor(resource: R, ms: number, start: (resource: R) => void) {
    this.resource = resource;
    this.#timer = setTimeout(() => start(this.resource), ms).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function paceOf(resource: object): Pace {
  return resource;
}

/** How kinds that the agent serves are started, handed in by it. Throw EADDRINUSE. */
export type Starters = { readonly [K in ResourceKind]?: (resource: ResourceOf<K>, runtime: LabRuntime) => Held };

/** What a change of it does while it runs. */
interface Changes<K extends ResourceKind, T extends Held> {
  /** It looks after `slow` itself. */
  readonly startsLate?: true;
  /** False: it must be started again. */
  update?(running: T, resource: ResourceOf<K>, before: ResourceOf<K>): boolean;
  /** It is not wanted any more. Absent: it is stopped. */
  retire?(running: T, runtime: LabRuntime): void;
}

/** The applier of a kind that one of the starters runs. */
export function heldApplier<K extends ResourceKind, T extends Held>(
  kind: K,
  { startsLate, update, retire = (running) => running.stop() }: Changes<K, T> = {},
): RuntimeApplier<K> {
  const end = (id: string, runtime: LabRuntime, how: (running: T, runtime: LabRuntime) => void): void => {
    const held = runtime.held<T>(kind);
    const running = held.get(id);
    held.delete(id);
    if (running instanceof Waiting) running.stop();
    else if (running !== undefined) how(running, runtime);
  };
  const begin = (resource: ResourceOf<K>, runtime: LabRuntime): void => {
    const running = runtime.starters[kind]?.(resource, runtime);
    if (running === undefined) throw new Error(`nothing starts a ${kind}`);
    if (paceOf(resource).stopped === true) running.pause?.(true);
    runtime.held(kind).set(resource.id, running);
  };
  const start = (resource: ResourceOf<K>, runtime: LabRuntime): void => {
    end(resource.id, runtime, retire);
    const { slow } = paceOf(resource);
    if (slow === undefined || startsLate === true) return begin(resource, runtime);
    const late = (wanted: ResourceOf<K>): void => {
      runtime.held(kind).delete(wanted.id);
      try {
        begin(wanted, runtime);
      } catch {
        // its port is taken, or its namespace gone: it is missing
      }
    };
    runtime.held<Held>(kind).set(resource.id, new Waiting(resource, slow, late));
  };
  return {
    create: start,
    update: (resource, before, runtime) => {
      const running = runtime.held<Held | Waiting<ResourceOf<K>>>(kind).get(resource.id);
      if (running === undefined || before === undefined) return start(resource, runtime);
      if (running instanceof Waiting) {
        if (paceOf(resource).slow !== paceOf(before).slow) return start(resource, runtime);
        running.resource = resource;
        return;
      }
      if (update?.(running as T, resource, before) !== true && !sameButPace<Resource>(before, resource))
        return start(resource, runtime);
      running.pause?.(paceOf(resource).stopped === true);
    },
    remove: ({ id }, runtime) => end(id, runtime, retire),
    abandon: ({ id }, runtime) => end(id, runtime, (running) => running.stop()),
  };
}
