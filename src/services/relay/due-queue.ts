/** What is due later, the earliest first; what is due at the same time in the order in which it came. A binary heap. */
interface Entry<T> {
  readonly due: number;
  readonly turn: number;
  readonly what: T;
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.due < other.due || (one.due === other.due && one.turn < other.turn);
}

export class DueQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #turn = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Infinity: there is none. */
  get nextDue(): number {
    return this.#heap[0]?.due ?? Infinity;
  }

  add(due: number, what: T): void {
    const heap = this.#heap;
    const entry = { due, turn: this.#turn++, what };
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  take(): T | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.what;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) [below, child] = [below + 1, right];
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first.what;
  }
}
