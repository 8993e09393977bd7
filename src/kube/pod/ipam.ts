/** Who gets which address: nodes on their underlay subnets, parts of the pod CIDR for nodes, pods in their node's part. */
import type { Family, PerFamily } from "../../net/family.ts";
import {
  ADDRESS_BITS,
  addressAt,
  formatAddress,
  formatPrefix,
  prefixContains,
  prefixSize,
  subPrefix,
} from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";

/** Length of each node's part: /24 and /64 as Kubernetes' node IPAM does; smaller pod CIDRs are split evenly. */
export function nodePrefixLength(podCIDR: Prefix, nodes: number): number {
  const usual = podCIDR.family === "ipv4" ? 24 : 64;
  if (podCIDR.length <= usual) return usual;
  const longest = ADDRESS_BITS[podCIDR.family] - 2;
  let length = podCIDR.length;
  while (2 ** (length - podCIDR.length) < nodes && length < longest) length++;
  return length;
}

/** The `index`-th node's part of the pod CIDR; undefined when the pool is exhausted. */
export function nodePart(podCIDR: Prefix, index: number, nodes: number): Prefix | undefined {
  return subPrefix(podCIDR, nodePrefixLength(podCIDR, nodes), index);
}

/** How many nodes a pod CIDR has parts for. */
export function nodeParts(podCIDR: Prefix, nodes: number): number {
  return 2 ** Math.min(30, nodePrefixLength(podCIDR, nodes) - podCIDR.length);
}

/** The last address that a host can have: IPv4's broadcast address is none. */
function lastHost(prefix: Prefix): bigint {
  return prefixSize(prefix) - (prefix.family === "ipv4" ? 2n : 1n);
}

/** Offset of "the n-th": as decimal digits for both families, so that .11 goes with ::11. */
function offset(n: number, family: Family): bigint {
  return family === "ipv4" ? BigInt(n) : BigInt(`0x${n}`);
}

/** Addresses of one range that are given out once. */
export class Pool {
  readonly prefix: Prefix;
  readonly #taken = new Map<bigint, string>();
  readonly #first: bigint;
  /** Where the search began. */
  #start: bigint;
  #next: bigint;

  constructor(prefix: Prefix, first: bigint) {
    this.prefix = prefix;
    this.#first = first;
    this.#start = first;
    this.#next = first;
  }

  /** Marks an address as given; returns who has it already. */
  take(address: Address, who: string): string | undefined {
    const owner = this.#taken.get(address.value);
    if (owner === undefined) this.#taken.set(address.value, who);
    return owner;
  }

  has(address: Address): boolean {
    return prefixContains(this.prefix, address);
  }

  /** The next free address, in order, and from the first again after the last (as CNI's host-local); undefined when there is none left. */
  next(who: string): Address | undefined {
    const found = this.#from(who);
    if (found !== undefined || this.#start === this.#first) return found;
    this.#start = this.#first;
    this.#next = this.#first;
    return this.#from(who);
  }

  /** The next address is looked for after this one. */
  skipTo(address: Address): void {
    const after = address.value - this.prefix.value + 1n;
    if (after > this.#next) this.#start = this.#next = after;
  }

  #from(who: string): Address | undefined {
    for (; this.#next <= lastHost(this.prefix); this.#next++) {
      const address = addressAt(this.prefix, this.#next);
      if (address === undefined) return undefined;
      if (this.take(address, who) === undefined) return address;
    }
    return undefined;
  }

  /** The address at a given place when it is free and within the range. */
  at(n: number, who: string): Address | undefined {
    const index = offset(n, this.prefix.family);
    const address = index > lastHost(this.prefix) ? undefined : addressAt(this.prefix, index);
    return address !== undefined && this.take(address, who) === undefined ? address : undefined;
  }
}

/** Places of a node's part that the cluster's own pods get, from the last one down: .254, ::254. */
const LAST_PLACE = 254;

/** The last free place of a pod pool: there the workloads of the lab, which count from the first, come last. */
export function lastFree(pool: Pool, who: string): Address | undefined {
  for (let n = LAST_PLACE; n >= 2; n--) {
    const address = pool.at(n, who);
    if (address !== undefined) return address;
  }
  return undefined;
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

  /** Marks an address asked for by a node; says why it cannot be had. */
  reserve(address: Address, who: string): string | undefined {
    const text = formatAddress(address);
    if (!this.#pool.has(address)) return `${text} is not in ${formatPrefix(this.#pool.prefix)}`;
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

/** Pool of a node's part of the pod CIDR: the network address is flannel's, .1 the bridge's, pods from .2 on. */
export function podPool(part: Prefix): Pool {
  return new Pool(part, 2n);
}

/** How many pods a part has addresses for. */
export function podCapacity(part: Prefix): bigint {
  return lastHost(part) - 1n;
}

/** Each family's text. */
export function perFamilyText<T>(values: PerFamily<T>, format: (value: T) => string): PerFamily<string> {
  return Object.fromEntries(Object.entries(values).map(([family, value]) => [family, format(value)]));
}
