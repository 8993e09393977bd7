/** How many requests a client address may make, over time and at once. Kept from one table to the next. */

interface Bucket {
  /** Requests beyond the rate, as of `at`. */
  excess: number;
  at: number;
}

/** Clients that are remembered of one rule; then the oldest are forgotten. */
const MOST = 16_384;

export class Limits {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Map<string, Bucket>>();
  readonly #running = new Map<string, number>();

  /** `now`: milliseconds that only go forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A leaky bucket, as nginx' limit_req with nodelay: false where there are more than `burst` beyond the rate. */
  allows(
    rule: string,
    client: string,
    { requests, seconds, burst }: { readonly requests: number; readonly seconds: number; readonly burst: number },
  ): boolean {
    const clients = this.#buckets.get(rule) ?? new Map<string, Bucket>();
    this.#buckets.set(rule, clients);
    const now = this.#now();
    const before = clients.get(client);
    const drained = before === undefined ? 0 : ((now - before.at) / 1000) * (requests / seconds);
    const excess = before === undefined ? 0 : Math.max(0, before.excess - drained + 1);
    if (excess > burst) return false;
    clients.delete(client);
    clients.set(client, { excess, at: now });
    if (clients.size > MOST) for (const oldest of clients.keys()) return clients.delete(oldest);
    return true;
  }

  /** Undefined: too many. Else what is to be called when the request has ended. */
  begin(rule: string, client: string, limit: number): (() => void) | undefined {
    const key = `${rule}\n${client}`;
    const count = this.#running.get(key) ?? 0;
    if (count >= limit) return undefined;
    this.#running.set(key, count + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
    };
  }
}
