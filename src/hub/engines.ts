/** The engines of a lab: opened when they are needed, dropped when they do not answer, and which machine is on which. */
import { within } from "../agent/within.ts";
import type { EngineAddress } from "../engine/address.ts";
import { Engine } from "../engine/engine.ts";
import type { EnginePlace, Placement } from "../engine/place.ts";
import { EXIT, HostError, LabError, UsageError } from "../errors.ts";
import type { HubRecord } from "./record.ts";

/** Milliseconds for an engine to respond, when a user waits for it, and when something is to be done. */
const PING_LIMIT = 1500;
const REACH_LIMIT = 10_000;
/** Milliseconds between two pings of idle engines, and for an answer to them. */
const WATCH_EVERY = 3000;
const WATCH_LIMIT = 5000;

export class LabEngine {
  readonly name: string;
  readonly place: EnginePlace;
  /** It did not answer when it was last asked. */
  silent = false;
  #opening: Promise<Engine> | undefined;

  constructor(place: EnginePlace) {
    this.name = place.name;
    this.place = place;
  }

  get address(): EngineAddress {
    return this.place.address;
  }

  /** Rejects with HostError when it does not answer; the next call tries again. */
  open(): Promise<Engine> {
    this.#opening ??= Engine.open(this.place.address).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Like open(), and it responds now. Rejects with HostError after this many milliseconds. */
  async reach(limit: number = REACH_LIMIT): Promise<Engine> {
    const asked = this.open().then((engine) => engine.do("answer", (docker) => docker.ping()).then(() => engine));
    try {
      const engine = await within(asked, limit, undefined);
      if (engine === undefined)
        throw new HostError(
          `the Docker engine ${this.name} at ${this.address.host} does not answer`,
          "is its machine up?",
        );
      this.silent = false;
      return engine;
    } catch (error) {
      this.close();
      this.silent = true;
      throw error;
    }
  }

  /** False when it does not answer in time: what it has cannot be reached at this moment. */
  answers(limit: number = PING_LIMIT): Promise<boolean> {
    return this.reach(limit).then(
      () => true,
      () => false,
    );
  }

  close(): void {
    this.#opening?.then(
      (engine) => engine.close(),
      () => undefined,
    );
    this.#opening = undefined;
  }
}

export class LabEngines {
  readonly all: readonly LabEngine[];
  #places: Map<string, string>;
  #watching: NodeJS.Timeout | undefined;

  /** `places`: engine name by machine; a machine without is on the first engine. */
  constructor(engines: readonly EnginePlace[], places: Readonly<Record<string, string>> = {}) {
    this.all = engines.map((place) => new LabEngine(place));
    this.#places = new Map(Object.entries(places));
  }

  /** Engine name by machine, from now on. */
  place(places: Readonly<Record<string, string>>): void {
    this.#places = new Map(Object.entries(places));
  }

  get first(): LabEngine {
    const [engine] = this.all;
    if (engine === undefined) throw new LabError("EBUG", EXIT.bug, "a lab without an engine");
    return engine;
  }

  get several(): boolean {
    return this.all.length > 1;
  }

  of(machine: string): LabEngine {
    const name = this.#places.get(machine);
    return this.all.find((engine) => engine.name === name) ?? this.first;
  }

  /** Names of those that do not answer. */
  async lost(): Promise<string[]> {
    const answers = await Promise.all(this.all.map((engine) => engine.answers()));
    return this.all.filter((_, i) => answers[i] !== true).map(({ name }) => name);
  }

  /** Rejects with HostError when none of them answers. */
  async mustAnswer(): Promise<void> {
    if ((await this.lost()).length === this.all.length) await this.first.reach(PING_LIMIT);
  }

  /**
   * A connection to an engine whose machine is gone, or that hangs, is never closed: where there are several, they
   * are pinged now and then. `onLost` is called when one was silent twice.
   */
  watch(onLost: (engine: LabEngine) => void): void {
    clearInterval(this.#watching);
    if (!this.several) return;
    const silences = new Map<LabEngine, number>();
    this.#watching = setInterval(() => {
      for (const engine of this.all)
        void engine.answers(WATCH_LIMIT).then((answers) => {
          const silence = answers ? 0 : (silences.get(engine) ?? 0) + 1;
          silences.set(engine, silence);
          if (silence === 2) onLost(engine);
        });
    }, WATCH_EVERY);
    this.#watching.unref();
  }

  close(): void {
    clearInterval(this.#watching);
    for (const engine of this.all) engine.close();
  }
}

/**
 * Where the nodes of a running lab go when `up` is run again: those that are up stay where they are. Throws
 * UsageError where the lab explicitly requests another place: a machine does not move.
 */
export function placeAgain(
  lab: string,
  before: Pick<HubRecord, "engines" | "places" | "underlay">,
  { engines, nodes, named, underlay }: Placement,
): Record<string, string> {
  const names = (list: readonly EnginePlace[]): string =>
    list.map(({ name, address }) => `${name} ${address.host}`).join();
  const hint = `take it down first: k8snet-lab down ${lab}`;
  if (names(before.engines) !== names(engines)) {
    throw new UsageError(
      `lab ${lab} is running on ${before.engines.map(({ name }) => name).join(", ")}, but was requested on ${engines.map(({ name }) => name).join(", ")} now`,
      hint,
    );
  }
  const moved = named.find((node) => before.places[node] !== undefined && before.places[node] !== nodes[node]);
  if (moved !== undefined)
    throw new UsageError(
      `${moved} of lab ${lab} is running on ${before.places[moved]}, but was requested on ${nodes[moved]} now`,
      hint,
    );
  if (before.underlay !== undefined && underlay !== "auto" && underlay !== before.underlay.kind)
    throw new UsageError(
      `lab ${lab} is running by ${before.underlay.kind}, but was requested by ${underlay} now`,
      hint,
    );
  return { ...nodes, ...before.places };
}
