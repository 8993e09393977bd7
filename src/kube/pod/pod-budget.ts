/** The pods that controllers make are counted before any of them is made: a file of a few lines can request a billion. */
import type { Scope } from "../../syntax/scope.ts";

/** Of one workload, and of all of a lab: more than any lab has room for. */
export const MAX_REPLICAS = 10_000;

export class PodBudget {
  #left = MAX_REPLICAS;

  /** How many of these replicas may be made: all, or none with a mistake. `scope`: the place of the request. */
  take(replicas: number, scope: Scope): number {
    if (replicas <= this.#left) {
      this.#left -= replicas;
      return replicas;
    }
    scope.error(
      `the workloads of a lab have at most ${MAX_REPLICAS} pods in total; these ${replicas} are more than the ${this.#left} left`,
      "write fewer replicas",
    );
    return 0;
  }
}
