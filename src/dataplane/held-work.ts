/** Work that waits while a proxy is stopped. */

export class HeldWork {
  readonly #waiting: (() => void)[] = [];
  #paused = false;

  /** What waits is done when it is no longer paused, in its order. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) for (const work of this.#waiting.splice(0)) work();
  }

  /** Now, or when it is no longer paused. */
  do(work: () => void): void {
    if (this.#paused) this.#waiting.push(work);
    else work();
  }
}
