/** Deadlines of many attempts with one clock: a timer wheel instead of a timer each. */

export interface Expirable {
  /** In ms of performance.now(). */
  readonly deadline: number;
  readonly finished: boolean;
}

const SLOT_MS = 8;
const SLOTS = 1024;

export class Wheel<T extends Expirable> {
  readonly #slots: T[][] = Array.from({ length: SLOTS }, () => []);
  /** The first slot (absolute number) that has not been emptied. */
  #at: number;
  #size = 0;

  constructor(now: number) {
    this.#at = Math.floor(now / SLOT_MS);
  }

  add(item: T): void {
    // At least the next slot, so that what is due is found when its slot has wholly passed.
    const wanted = Math.max(Math.floor(item.deadline / SLOT_MS) + 1, this.#at);
    this.#slot(Math.min(wanted, this.#at + SLOTS - 1)).push(item);
    this.#size++;
  }

  /** Whether anything may be due. */
  isDue(now: number): boolean {
    const until = Math.min(Math.floor(now / SLOT_MS), this.#at + SLOTS - 1);
    for (let slot = this.#at; slot <= until; slot++) if (this.#slot(slot).length > 0) return true;
    return false;
  }

  /** Removes and returns what is due. Finished items are dropped. */
  due(now: number, expire: (item: T) => void): void {
    const until = Math.floor(now / SLOT_MS);
    for (; this.#at <= until; this.#at++) {
      const items = this.#slots[this.#at % SLOTS];
      if (items === undefined || items.length === 0) continue;
      this.#slots[this.#at % SLOTS] = [];
      this.#size -= items.length;
      for (const item of items) {
        if (item.finished) continue;
        if (item.deadline > now) this.add(item);
        else expire(item);
      }
    }
  }

  /** Milliseconds until something may be due; Infinity when there is nothing. */
  wait(now: number): number {
    if (this.#size === 0) return Infinity;
    for (let slot = this.#at; slot < this.#at + SLOTS; slot++) {
      if (this.#slot(slot).length > 0) return Math.max(1, slot * SLOT_MS - now);
    }
    return Infinity;
  }

  #slot(slot: number): T[] {
    const index = slot % SLOTS;
    return (this.#slots[index] ??= []);
  }
}
