/** Results of checks in the order of the file, whatever order they end in: their names are meant to be read in order. */
import type { CheckResult, LabEvent } from "../events.ts";

type Done = Extract<LabEvent, { type: "check-done" }>;

export class ResultOrder {
  readonly #print: (result: CheckResult) => void;
  readonly #waiting: Done[] = [];
  readonly #printed = new Set<number>();

  constructor(print: (result: CheckResult) => void) {
    this.#print = print;
  }

  /** Printed now if the one before it is, else when that one comes. */
  add(done: Done): void {
    this.#waiting.push(done);
    let next: number;
    const isNext = ({ previous }: Done): boolean => previous === undefined || this.#printed.has(previous);
    while ((next = this.#waiting.findIndex(isNext)) >= 0) this.#take(next);
  }

  /** The rest, in order; a new run may begin. */
  flush(): void {
    this.#waiting.sort((a, b) => a.index - b.index);
    while (this.#waiting.length > 0) this.#take(0);
    this.#printed.clear();
  }

  #take(at: number): void {
    const [done] = this.#waiting.splice(at, 1);
    if (done === undefined) return;
    this.#printed.add(done.index);
    this.#print(done.result);
  }
}
