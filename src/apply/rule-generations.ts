/**
 * Rules that others have changed while the lab was up, known by the numbers of the rulesets, and by what iptables-legacy
 * has: someone broke or repaired them by hand. Flows that they left are then deleted, as after a repair by `up`.
 */
import { readGeneration } from "../kernel/nftables/generation.ts";
import type { Operation } from "../resources/operation.ts";
import { legacyDigest } from "./legacy-digest.ts";
import { forgetLeftoverFlows, translates, type ForgottenFlows } from "./leftover-flows.ts";
import type { LabRuntime } from "./runtime.ts";

export class RuleGenerations {
  readonly #runtime: LabRuntime;
  readonly #known = new Map<string, string>();
  /** Namespaces where others have changed rules since the last call of forgetLeftovers. */
  readonly #changed = new Set<string>();

  constructor(runtime: LabRuntime) {
    this.#runtime = runtime;
  }

  /** Makes changes of the lab's own. Only what others change before and after counts. */
  async duringOwn<T>(operations: readonly Operation[], change: () => Promise<T>): Promise<T> {
    const touched = Map.groupBy(operations, ({ resource }) => resource.ns);
    const isKnown = (ns: string): boolean => this.#known.has(ns);
    await this.#look([...touched.keys()].filter(isKnown));
    const result = await change();
    const now = [...touched].filter(
      ([ns, all]) => isKnown(ns) || all.some(({ resource }) => translates(resource).length > 0),
    );
    await Promise.all(now.map(async ([ns]) => this.#keep(ns, await this.#read(ns))));
    return result;
  }

  /** Throws NetlinkError. */
  async forgetLeftovers(): Promise<readonly ForgottenFlows[]> {
    const translating = [...this.#runtime.journal.record.applied.values()].flatMap((resource) => {
      const families = translates(resource);
      return families.length > 0 ? [{ ns: resource.ns, families }] : [];
    });
    await this.#look([...new Set(translating.map(({ ns }) => ns))]);
    const changed = translating.filter(({ ns }) => this.#changed.has(ns));
    this.#changed.clear();
    return forgetLeftoverFlows(changed, this.#runtime);
  }

  async #look(namespaces: readonly string[]): Promise<void> {
    await Promise.all(
      namespaces.map(async (ns) => {
        const now = await this.#read(ns);
        if (now !== undefined && this.#known.has(ns) && this.#known.get(ns) !== now) this.#changed.add(ns);
        this.#keep(ns, now);
      }),
    );
  }

  /** Undefined: there is no such namespace. */
  async #read(ns: string): Promise<string | undefined> {
    const netns = this.#runtime.find(ns);
    return netns && `${readGeneration(netns) ?? ""} ${await legacyDigest(netns)}`;
  }

  #keep(ns: string, now: string | undefined): void {
    if (now !== undefined) this.#known.set(ns, now);
  }
}
