/**
 * Which devices are the lab's, by their numbers (ifindex): a namespace gives each only once, so another device of the same
 * name has another one.
 */
import { dumpLinks } from "../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { devicesOf } from "../resources/definitions.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Operation } from "../resources/operation.ts";
import type { Resource } from "../resources/resource.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { LabRuntime } from "./runtime.ts";
import { slices } from "./slices.ts";

/** Milliseconds: building, and the checks that follow, come first. */
const LEARN_AFTER = 500;

/** Their numbers in the journal. Unknown for a moment after a device was made. */
export class DeviceIndexes {
  readonly #indexes = new Map<string, Map<string, number>>();

  get(ns: string, name: string): number | undefined {
    return this.#indexes.get(ns)?.get(name);
  }

  learn(ns: string, links: Readonly<Record<string, number>>): void {
    this.#indexes.set(ns, new Map([...(this.#indexes.get(ns) ?? []), ...Object.entries(links)]));
  }

  /** It is recreated, or gone. */
  forget(resource: Resource): void {
    if (isNetns(resource)) this.#indexes.delete(resource.ns);
    for (const { ns, name } of devicesOf(resource)) this.#indexes.get(ns)?.delete(name);
  }
}

/** Records the numbers of devices a while after they were made. */
export class DeviceLearner {
  readonly #runtime: LabRuntime;
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(runtime: LabRuntime) {
    this.#runtime = runtime;
  }

  /** Not on machines of a lab in containers: there an engine creates devices, and recreates them. */
  after(operations: readonly Operation[]): void {
    if (this.#runtime.machine !== undefined) return;
    for (const { resource } of operations) for (const { ns } of devicesOf(resource)) this.#pending.add(ns);
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => void this.#learn(), LEARN_AFTER).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #learn(): Promise<void> {
    this.#timer = undefined;
    const made = new Map<string, Set<string>>();
    for (const resource of this.#runtime.journal.record.applied.values())
      for (const { ns, name } of devicesOf(resource)) made.set(ns, (made.get(ns) ?? new Set()).add(name));
    const entries: JournalEntry[] = [];
    const turn = slices();
    for (const ns of this.#pending) {
      if (this.#stopped) return;
      this.#pending.delete(ns);
      const links = this.#linksOf(ns, made.get(ns) ?? new Set());
      if (Object.keys(links).length > 0) entries.push({ t: "devices", ns, links });
      await turn();
    }
    if (!this.#stopped) this.#runtime.journal.note(...entries);
  }

  #linksOf(ns: string, names: ReadonlySet<string>): Record<string, number> {
    const netns = this.#runtime.find(ns);
    if (netns === undefined) return {};
    const { devices } = this.#runtime.journal.record;
    try {
      return Object.fromEntries(
        dumpLinks(rtnlOf(netns))
          .filter(({ name }) => names.has(name) && devices.get(ns, name) === undefined)
          .map(({ name, index }) => [name, index]),
      );
    } catch {
      return {}; // it is gone, or is being made
    }
  }
}
