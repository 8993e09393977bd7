/**
 * Calico's IPAM: nodes claim blocks of a pool when they need one, count through them from the first address to the last, and borrow
 * single addresses of others' blocks when no block is left (projectcalico/calico 87c15906, libcalico-go/lib/ipam).
 * There a node's first block is drawn by a hash of its name; here it is the first free one, which is easier to read.
 */
import type { IpPoolModel } from "../../../kube/ip-pool/ip-pool.ts";
import {
  addressAt,
  formatPrefix,
  networkOf,
  parseAddress,
  prefixContains,
  prefixSize,
  subPrefix,
} from "../../../net/address.ts";
import type { Address, Prefix } from "../../../net/address.ts";
import { modelPrefix } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import type { PodPool } from "../../../kube/pod/ipam.ts";
import { parseSelector, selects } from "../../../kube/calico/selector.ts";
import { count } from "../../../counting.ts";
import type { CalicoBlock } from "./model.ts";

type Use = IpPoolModel["uses"][number];

export interface IpamNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface IpamLimits {
  /** Nothing is taken from blocks of other nodes. */
  readonly strictAffinity: boolean;
  readonly maxBlocksPerHost: number;
}

/** A block and which of its addresses are used. */
class Block {
  readonly prefix: Prefix;
  readonly node: string;
  readonly #taken = new Map<bigint, string>();
  /** Ordinals before it were handed out already: they come behind those that never were. */
  #start = 0n;

  constructor(prefix: Prefix, node: string) {
    this.prefix = prefix;
    this.node = node;
  }

  take(address: Address, who: string): string | undefined {
    const owner = this.#taken.get(address.value);
    if (owner === undefined) this.#taken.set(address.value, who);
    return owner;
  }

  skipTo(address: Address): void {
    const after = address.value - this.prefix.value + 1n;
    if (after > this.#start) this.#start = after;
  }

  /** The first and the last address of a block are given to pods, too. */
  next(who: string): Address | undefined {
    const size = prefixSize(this.prefix);
    for (let ordinal = this.#start; ordinal < size; ordinal++) {
      const found = this.#at(ordinal, who);
      if (found !== undefined) {
        this.#start = ordinal + 1n;
        return found;
      }
    }
    for (let ordinal = 0n; ordinal < this.#start; ordinal++) {
      const found = this.#at(ordinal, who);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  last(who: string): Address | undefined {
    for (let ordinal = prefixSize(this.prefix) - 1n; ordinal >= 0n; ordinal--) {
      const found = this.#at(ordinal, who);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #at(ordinal: bigint, who: string): Address | undefined {
    const address = addressAt(this.prefix, ordinal);
    return address !== undefined && this.take(address, who) === undefined ? address : undefined;
  }
}

/** Why a node gets no further address. */
export type Shortage = "no pool" | "block limit" | "strict affinity" | "exhausted";

interface PoolRange {
  readonly pool: IpPoolModel;
  readonly prefix: Prefix;
  /** Blocks before it are claimed. */
  firstFree: number;
}

/** All blocks of a cluster. */
export class Ipam {
  readonly #pools: readonly PoolRange[];
  readonly #limits: IpamLimits;
  /** By their prefixes, in the order in which they were claimed. */
  readonly #blocks = new Map<string, Block>();
  readonly #byNode = new Map<string, Block[]>();

  /** `before`: of the running lab. */
  constructor(pools: readonly IpPoolModel[], limits: IpamLimits, before: readonly CalicoBlock[] = []) {
    this.#pools = pools.map((pool) => ({ pool, prefix: modelPrefix(pool.cidr), firstFree: 0 }));
    this.#limits = limits;
    for (const { cidr, node } of before) {
      const block = modelPrefix(cidr);
      const there = this.#pools.some(
        ({ pool, prefix }) => pool.blockSize === block.length && prefixContains(prefix, block),
      );
      if (there) this.#claim(block, node);
    }
  }

  get blocks(): readonly CalicoBlock[] {
    return [...this.#blocks].map(([cidr, { node }]) => ({ cidr, node }));
  }

  /** Pools that a node allocates from, in the order of their names. */
  poolsFor({ labels }: IpamNode, family: Family, use: Use): readonly PoolRange[] {
    return this.#pools.filter(
      ({ pool }) =>
        pool.family === family &&
        !pool.disabled &&
        pool.uses.includes(use) &&
        selects(parseSelector(pool.nodeSelector), labels),
    );
  }

  /** From the node's own blocks, then a new block, then blocks of others. `end`: of the block. */
  assign(node: string, pools: readonly PoolRange[], who: string, end: "next" | "last" = "next"): Address | Shortage {
    if (pools.length === 0) return "no pool";
    const isIn = (block: Block): boolean => pools.some(({ prefix }) => prefixContains(prefix, block.prefix));
    const own = (this.#byNode.get(node) ?? []).filter(isIn);
    for (const block of own) {
      const found = block[end](who);
      if (found !== undefined) return found;
    }
    if (own.length >= this.#limits.maxBlocksPerHost) return "block limit";
    const claimed = this.#claimFree(node, pools)?.[end](who);
    if (claimed !== undefined) return claimed;
    if (this.#limits.strictAffinity) return "strict affinity";
    for (const block of this.#blocks.values()) {
      const found = isIn(block) ? block[end](who) : undefined;
      if (found !== undefined) return found;
    }
    return "exhausted";
  }

  /** The block that an address is in: claimed for the node where it is free. Undefined: it is in no pool. */
  blockOf(address: Address, node: string): Block | undefined {
    const range = this.#pools.find(({ prefix }) => prefixContains(prefix, address));
    if (range === undefined) return undefined;
    const prefix = networkOf(address, range.pool.blockSize);
    return this.#blocks.get(formatPrefix(prefix)) ?? this.#claim(prefix, node);
  }

  /** An address that is used already; undefined: it is in none of these pools, or is given to another. */
  keep(text: string | undefined, node: string, pools: readonly PoolRange[], who: string): Address | undefined {
    const address = parseAddress(text ?? "");
    if (address === undefined || !pools.some(({ prefix }) => prefixContains(prefix, address))) return undefined;
    return this.blockOf(address, node)?.take(address, who) === undefined ? address : undefined;
  }

  #claim(prefix: Prefix, node: string): Block {
    const block = new Block(prefix, node);
    this.#blocks.set(formatPrefix(prefix), block);
    this.#byNode.set(node, [...(this.#byNode.get(node) ?? []), block]);
    return block;
  }

  #claimFree(node: string, pools: readonly PoolRange[]): Block | undefined {
    for (const range of pools)
      for (; ; range.firstFree++) {
        const prefix = subPrefix(range.prefix, range.pool.blockSize, range.firstFree);
        if (prefix === undefined) break;
        if (!this.#blocks.has(formatPrefix(prefix))) return this.#claim(prefix, node);
      }
    return undefined;
  }

  /** Where a node's pods get their addresses, in one family. */
  podPool(node: IpamNode, family: Family): PodPool {
    const pools = this.poolsFor(node, family, "Workload");
    let shortage: Shortage = "exhausted";
    const assign = (who: string, end: "next" | "last"): Address | undefined => {
      const found = this.assign(node.name, pools, who, end);
      if (typeof found === "object") return found;
      shortage = found;
      return undefined;
    };
    const limits = this.#limits;
    return {
      has: (address) => this.#pools.some(({ prefix }) => prefixContains(prefix, address)),
      take: (address, who) => this.blockOf(address, node.name)?.take(address, who),
      skipTo: (address) => this.blockOf(address, node.name)?.skipTo(address),
      next: (who) => assign(who, "next"),
      last: (who) => assign(who, "last"),
      get text() {
        return shortageText(
          shortage,
          node.name,
          pools.map(({ pool }) => pool),
          limits,
        );
      },
    };
  }
}

/** `10.244.0.0/24 has 4 blocks of 64 addresses`. */
function sizeText({ name, cidr, blockSize, family }: IpPoolModel): string {
  const bits = (family === "ipv4" ? 32 : 128) - blockSize;
  const blocks = 2 ** (blockSize - modelPrefix(cidr).length);
  return `${name} ${cidr} has ${count(blocks, "block")} of ${count(2 ** bits, "address", "addresses")}`;
}

/** In the words of Calico's IPAM. */
function shortageText(shortage: Shortage, node: string, pools: readonly IpPoolModel[], limits: IpamLimits): string {
  switch (shortage) {
    case "no pool":
      return `no configured Calico pools for ${node}`;
    case "block limit":
      return `Need to allocate an IPAM block but could not - limit of ${limits.maxBlocksPerHost} blocks reached for ${node}`;
    case "strict affinity":
      return `No more free affine blocks and strict affinity enabled: ${pools.map(sizeText).join(", ")}`;
    case "exhausted":
      return `No IPs available in pools: ${pools.map(sizeText).join(", ")}`;
  }
}
