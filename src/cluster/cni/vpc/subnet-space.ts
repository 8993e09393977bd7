/** Free addresses of a VPC's subnet, which ENIs get: single ones, and prefixes of 16 (IPv6: /80). */
import { addressAt, prefixContains, prefixSize, subPrefix } from "../../../net/address.ts";
import type { Address, Prefix } from "../../../net/address.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import type { NodePool } from "../../../kube/pod/ipam.ts";

/** VPC itself keeps the first four and the last. */
const KEPT = 4n;
/** EC2 chooses at random. Here ENIs count from this place, so that nodes and pods are easily distinguished. */
const FIRST = 32n;
export const PREFIX_LENGTH = { ipv4: 28, ipv6: 80 } as const;

export class SubnetSpace {
  readonly #pool: NodePool;
  readonly #reserved: readonly Prefix[];
  readonly #prefixes = new Set<bigint>();

  /** `reserved`: what is for others: load balancers. */
  constructor(pool: NodePool, reserved: readonly Prefix[]) {
    this.#pool = pool;
    this.#reserved = reserved;
  }

  get prefix(): Prefix {
    return this.#pool.prefix;
  }

  /** The next free address; undefined: InsufficientFreeAddressesInSubnet. */
  address(who: string): Address | undefined {
    const size = prefixSize(this.prefix);
    const most = size > 65_536n ? 65_536n : size;
    for (let n = 0n; n < most; n++) {
      const address = addressAt(this.prefix, (FIRST + n) % size);
      if (address !== undefined && this.take({ ...address, length: HOST_LENGTH[address.family] }, who)) return address;
    }
    return undefined;
  }

  /** The next free prefix; undefined: InsufficientCidrBlocks. */
  block(who: string): Prefix | undefined {
    const { family, length } = this.prefix;
    const own = PREFIX_LENGTH[family];
    if (length > own) return undefined;
    const count = 2 ** Math.min(own - length, 16);
    const first = family === "ipv4" ? Number(FIRST) / 16 : 1;
    for (let n = 0; n < count; n++) {
      const block = subPrefix(this.prefix, own, (first + n) % count);
      if (block !== undefined && this.take(block, who)) return block;
    }
    return undefined;
  }

  /** Takes an address or a prefix if all of it is free. */
  take(block: Prefix, who: string): boolean {
    if (!prefixContains(this.prefix, block)) return false;
    const size = prefixSize(block);
    if (block.family === "ipv6" && size > 1n) {
      const isTaken = this.#prefixes.has(block.value) || block.value === this.prefix.value;
      this.#prefixes.add(block.value);
      return !isTaken;
    }
    const all = Array.from({ length: Number(size) }, (_, i) => addressAt(block, BigInt(i)));
    if (!all.every((address) => address !== undefined && this.#isFree(address))) return false;
    for (const address of all) if (address !== undefined) this.#pool.reserve(address, who);
    return true;
  }

  #isFree(address: Address): boolean {
    const place = address.value - this.prefix.value;
    const isKept = place < KEPT || this.#reserved.some((range) => prefixContains(range, address));
    return !isKept && this.#pool.isFree(address);
  }
}
