/** Where load balancers' addresses come from. */
import type { Prefix, Address } from "../../net/address.ts";
import { parseAddress, prefixContains, prefixSize, addressAt, formatAddress } from "../../net/address.ts";
import type { PerFamily } from "../../net/family.ts";

/** Addresses of one family, given out in order; nodes' and routers' own are left out. */
export class LoadBalancerPool {
  readonly #range: Prefix;
  readonly #taken = new Map<bigint, string>();
  #next = 0n;

  constructor(range: Prefix, taken: readonly { readonly address: string; readonly who: string }[]) {
    this.#range = range;
    for (const { address, who } of taken) {
      const parsed = parseAddress(address);
      if (parsed?.family === range.family) this.#taken.set(parsed.value, who);
    }
  }

  contains(address: Address): boolean {
    return prefixContains(this.#range, address);
  }

  /** Marks an address; returns its current owner, if any. */
  take(address: Address, who: string): string | undefined {
    const owner = this.#taken.get(address.value);
    if (owner === undefined) this.#taken.set(address.value, who);
    return owner;
  }

  next(who: string): string | undefined {
    const last = prefixSize(this.#range) - 1n;
    for (; this.#next <= last; this.#next++) {
      const address = addressAt(this.#range, this.#next);
      // The subnet's broadcast address is not a host's.
      if (address === undefined || (address.family === "ipv4" && this.#next === last && last > 0n)) continue;
      if (this.take(address, who) === undefined) return formatAddress(address);
    }
    return undefined;
  }
}

export type LoadBalancerPools = PerFamily<LoadBalancerPool>;
