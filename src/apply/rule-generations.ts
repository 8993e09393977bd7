/**
 * Rules that others have changed while the lab was up, known by the numbers of the rulesets, and by what iptables-legacy
 * has: someone broke or repaired them by hand. Flows that they left are then deleted, as after a repair by `up`.
 */
import { readGeneration } from "../kernel/nftables/generation.ts";
import type { Operation } from "../resources/operation.ts";
import { legacyDigest } from "./legacy-digest.ts";
import { forgetLeftoverFlows, translates } from "./leftover-flows.ts";
import type { ForgottenFlows } from "./leftover-flows.ts";
import type { LabRuntime } from "./runtime.ts";

export class RuleGenerations {
  readonly #runtime: LabRuntime;
  readonly #known = new Map<string, string>();

  constructor(runtime: LabRuntime) {
    this.#runtime = runtime;
  }

  /** The lab's own changes. */
  async remember(operations: readonly Operation[]): Promise<void> {
    const touched = new Set(
      operations.flatMap(({ resource }) => (translates(resource).length > 0 ? [resource.ns] : [])),
    );
    await Promise.all([...touched].map((ns) => this.#look(ns)));
  }

  /** Throws NetlinkError. */
  async forgetLeftovers(): Promise<readonly ForgottenFlows[]> {
    const changed = [...this.#runtime.journal.record.applied.values()].flatMap((resource) => {
      const families = translates(resource);
      return families.length > 0 ? [{ ns: resource.ns, families }] : [];
    });
    const others = new Set<string>();
    const all = new Set(changed.map(({ ns }) => ns));
    await Promise.all([...all].map(async (ns) => void ((await this.#look(ns)) && others.add(ns))));
    return forgetLeftoverFlows(
      changed.filter(({ ns }) => others.has(ns)),
      this.#runtime,
    );
  }

  /** True when it is another one than it was. */
  async #look(ns: string): Promise<boolean> {
    const netns = this.#runtime.find(ns);
    if (netns === undefined) return false;
    const now = `${readGeneration(netns) ?? ""} ${await legacyDigest(netns)}`;
    const changed = this.#known.has(ns) && this.#known.get(ns) !== now;
    this.#known.set(ns, now);
    return changed;
  }
}
