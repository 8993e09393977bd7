/** Addresses that are given out once: of nodes on their underlay subnets, of pods. */
import { inOrder } from "../../net/address-range.ts";
import type { Range } from "../../net/address-range.ts";
import type { Family, PerFamily } from "../../net/family.ts";
import { addressAt, formatAddress, formatPrefix, prefixContains, prefixSize } from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";

/** The last address that a host can have: IPv4's broadcast address is none. */
function lastHost(prefix: Prefix): bigint {
  return prefixSize(prefix) - (prefix.family === "ipv4" ? 2n : 1n);
}

/** Offset of "the n-th": as decimal digits for both families, so that .11 goes with ::11. */
function offset(n: number, family: Family): bigint {
  return family === "ipv4" ? BigInt(n) : BigInt(`0x${n}`);
}

/** Where the pods of a node get their addresses, in one family. The network plugin decides how it is made. */
export interface PodPool {
  /** A pod of the node may have it. */
  has(address: Address): boolean;
  /** Marks an address as used; returns its current owner, if any. */
  take(address: Address, who: string): string | undefined;
  /** The next address is looked for after this one. */
  skipTo(address: Address): void;
  /** The next free address; undefined when there is none left. */
  next(who: string): Address | undefined;
  /** For the cluster's own pods: from the far end, so that they do not shift the workloads of the lab, which count from the first. */
  last(who: string): Address | undefined;
  /** `10.244.1.0/30 of node1 has 1 pod addresses`: for the message when there is none left. */
  readonly text: string;
  /** In place of that: what the plugin says, and what helps. */
  readonly shortage?: { readonly message: string; readonly hint: string } | undefined;
}

/** Place of a range that the cluster's own pods get first, from there down: .254, ::254. */
const LAST_PLACE = 254;

/** Addresses of one range that are given out once. */
export class Pool implements PodPool {
  readonly prefix: Prefix;
  readonly #owner: string;
  readonly #taken = new Map<bigint, string>();
  readonly #first: bigint;
  readonly #range: readonly Range[];
  /** The last one that was given out in order. */
  #last: Address | undefined;

  /** `first`: place within the range; `owner`: as text. */
  constructor(prefix: Prefix, first: bigint, owner = formatPrefix(prefix)) {
    this.prefix = prefix;
    this.#owner = owner;
    this.#first = first;
    const [start, end] = [addressAt(prefix, first), addressAt(prefix, lastHost(prefix))];
    const isEmpty = start === undefined || end === undefined || first > lastHost(prefix);
    this.#range = isEmpty ? [] : [{ subnet: prefix, start, end, gateway: prefix }];
  }

  /** Marks an address as used; returns its current owner, if any. */
  take(address: Address, who: string): string | undefined {
    const owner = this.#taken.get(address.value);
    if (owner === undefined) this.#taken.set(address.value, who);
    return owner;
  }

  isFree(address: Address): boolean {
    return !this.#taken.has(address.value);
  }

  has(address: Address): boolean {
    return prefixContains(this.prefix, address) && address.value - this.prefix.value >= this.#first;
  }

  /** The next free address in the order of CNI's host-local: after the last one, and from the first again; undefined when there is none left. */
  next(who: string): Address | undefined {
    return inOrder(this.#range, this.#last).find((address) => {
      const isFree = this.take(address, who) === undefined;
      if (isFree) this.#last = address;
      return isFree;
    });
  }

  /** The next address is looked for after this one. */
  skipTo(address: Address): void {
    if (this.#last === undefined || address.value > this.#last.value) this.#last = address;
  }

  /** The address at a given place when it is free and within the range. */
  at(n: number, who: string): Address | undefined {
    const index = offset(n, this.prefix.family);
    const address = index > lastHost(this.prefix) ? undefined : addressAt(this.prefix, index);
    return address !== undefined && this.take(address, who) === undefined ? address : undefined;
  }

  last(who: string): Address | undefined {
    for (let n = LAST_PLACE; n >= Number(this.#first); n--) {
      const address = this.at(n, who);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  get text(): string {
    return `${this.#owner} has ${lastHost(this.prefix) - this.#first + 1n} pod addresses`;
  }
}

/** Pool of an underlay subnet: .1 is the router's, nodes start at .11 where the range has room for that. */
export class NodePool {
  readonly #pool: Pool;
  readonly gateway: Address;
  #n = 11;

  constructor(subnet: Prefix) {
    this.#pool = new Pool(subnet, 2n);
    this.gateway = addressAt(subnet, 1n) ?? subnet;
    this.#pool.take(this.gateway, "the router");
  }

  get prefix(): Prefix {
    return this.#pool.prefix;
  }

  isFree(address: Address): boolean {
    const host = address.value - this.prefix.value;
    return host > 0n && host <= lastHost(this.prefix) && this.#pool.isFree(address);
  }

  /** Marks an address requested by a node; returns why it is not available. */
  reserve(address: Address, who: string): string | undefined {
    const text = formatAddress(address);
    if (!prefixContains(this.#pool.prefix, address)) return `${text} is not in ${formatPrefix(this.#pool.prefix)}`;
    const host = address.value - this.#pool.prefix.value;
    if (host === 0n || host > lastHost(this.#pool.prefix))
      return `${text} is not a host address in ${formatPrefix(this.#pool.prefix)}`;
    const owner = this.#pool.take(address, who);
    return owner === undefined ? undefined : `duplicate address: ${owner} has ${text} already`;
  }

  next(who: string): Address | undefined {
    while (offset(this.#n, this.#pool.prefix.family) <= lastHost(this.#pool.prefix)) {
      const address = this.#pool.at(this.#n++, who);
      if (address !== undefined) return address;
    }
    return this.#pool.next(who);
  }
}

/** Each family's text. */
export function perFamilyText<T>(values: PerFamily<T>, format: (value: T) => string): PerFamily<string> {
  return Object.fromEntries(Object.entries(values).map(([family, value]) => [family, format(value)]));
}
