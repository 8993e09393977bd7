/**
 * Rules that others have changed while the lab was up, known by the numbers of the rulesets: somebody broke them, or put
 * them right by hand. Flows that they left are forgotten then, as after a repair by `up`.
 */
import { readGeneration } from "../kernel/nftables/generation.ts";
import type { Operation } from "../plan/operation.ts";
import { forgetLeftoverFlows, translates } from "./leftover-flows.ts";
import type { ForgottenFlows } from "./leftover-flows.ts";
import type { LabRuntime } from "./runtime.ts";

export class RuleGenerations {
  readonly #runtime: LabRuntime;
  readonly #known = new Map<string, number | undefined>();

  constructor(runtime: LabRuntime) {
    this.#runtime = runtime;
  }

  /** The lab's own changes. */
  remember(operations: readonly Operation[]): void {
    for (const ns of new Set(
      operations.flatMap(({ resource }) => (translates(resource).length > 0 ? [resource.ns] : [])),
    ))
      this.#look(ns);
  }

  /** Throws NetlinkError. */
  forgetLeftovers(): readonly ForgottenFlows[] {
    const changed = [...this.#runtime.journal.record.applied.values()].flatMap((resource) => {
      const families = translates(resource);
      return families.length > 0 ? [{ ns: resource.ns, families }] : [];
    });
    const others = new Set([...new Set(changed.map(({ ns }) => ns))].filter((ns) => this.#look(ns)));
    return forgetLeftoverFlows(
      changed.filter(({ ns }) => others.has(ns)),
      this.#runtime,
    );
  }

  /** True when it is another one than it was. */
  #look(ns: string): boolean {
    const netns = this.#runtime.find(ns);
    if (netns === undefined) return false;
    const now = readGeneration(netns);
    const changed = this.#known.has(ns) && this.#known.get(ns) !== now;
    this.#known.set(ns, now);
    return changed;
  }
}
