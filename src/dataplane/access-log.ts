/** The last decisions of a proxy, for explanations: what was asked, which route took it, and what came of it. */
import type { AccessEntry } from "../resources/l7/access-entry.ts";

const KEPT = 1000;

export class AccessLog {
  readonly #entries: AccessEntry[] = [];
  #next = 0;
  /** All that there were. */
  total = 0;

  add(entry: AccessEntry): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % KEPT;
    this.total++;
  }

  /** Oldest first. */
  last(count: number): readonly AccessEntry[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    return inOrder.slice(Math.max(0, inOrder.length - count));
  }
}
