/**
 * Which Service gets which cluster IP and node port: given ones first, the others as Kubernetes' allocators choose
 * (upper band of the range first, KEP-3070 and KEP-3668), with random choice replaced by a hash of the Service's name,
 * so that a Service keeps what it has when others come and go.
 */
import { sha1 } from "../../net/digest.ts";
import { addressAt, formatAddress, formatPrefix, prefixSize } from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";

/** The first and last node port (--service-node-port-range). */
export const NODE_PORTS = { first: 30_000, last: 32_767 } as const;

/** Ranges beyond this are not used to their end (a /112). */
const MAX_ADDRESSES = 65_536n;

/** Numbers 0 to size-1; the lower band, up to `offset`, is for explicit requests. */
class Bands {
  readonly size: number;
  readonly #offset: number;
  readonly #owners = new Map<number, string>();

  constructor(size: number, offset: number) {
    this.size = size;
    this.#offset = offset;
  }

  owner(index: number): string | undefined {
    return this.#owners.get(index);
  }

  take(index: number, who: string): void {
    this.#owners.set(index, who);
  }

  /** Free number for `who`; undefined when all are used. */
  next(who: string): number | undefined {
    const found = this.#scan(this.#offset, this.size, who) ?? this.#scan(0, this.#offset, who);
    if (found !== undefined) this.take(found, who);
    return found;
  }

  #scan(from: number, to: number, who: string): number | undefined {
    const count = to - from;
    if (count <= 0) return undefined;
    const start = sha1(who).readUInt32BE(0) % count;
    for (let i = 0; i < count; i++) {
      const index = from + ((start + i) % count);
      if (!this.#owners.has(index)) return index;
    }
    return undefined;
  }
}

function band(size: number, min: number, max: number, step: number): number {
  return size < min ? 0 : Math.min(max, Math.max(min, Math.floor(size / step)));
}

/** Cluster IPs of one family. */
export class ClusterIpPool {
  readonly prefix: Prefix;
  readonly #bands: Bands;

  constructor(prefix: Prefix) {
    this.prefix = prefix;
    // The network address is never assigned, nor is IPv4's broadcast address.
    const hosts = prefixSize(prefix) - (prefix.family === "ipv4" ? 2n : 1n);
    const size = Number(hosts < MAX_ADDRESSES ? hosts : MAX_ADDRESSES);
    this.#bands = new Bands(size, band(size, 16, 256, 16));
  }

  /** Reserves a given address; otherwise returns the API server's message. */
  reserve(address: Address, who: string): { readonly message: string; readonly owner?: string } | undefined {
    const index = Number(address.value - this.prefix.value) - 1;
    if (index < 0 || index >= this.#bands.size) {
      return {
        message: `the provided IP (${formatAddress(address)}) is not in the valid range. The range of valid IPs is ${formatPrefix(this.prefix)}`,
      };
    }
    const owner = this.#bands.owner(index);
    if (owner !== undefined) return { message: "provided IP is already allocated", owner };
    this.#bands.take(index, who);
    return undefined;
  }

  next(who: string): string | undefined {
    const index = this.#bands.next(who);
    const address = index === undefined ? undefined : addressAt(this.prefix, BigInt(index) + 1n);
    return address === undefined ? undefined : formatAddress(address);
  }
}

/** Node ports; TCP, UDP and SCTP share the numbers, as in Kubernetes. */
export class NodePortPool {
  readonly #bands: Bands;

  constructor() {
    const size = NODE_PORTS.last - NODE_PORTS.first + 1;
    this.#bands = new Bands(size, band(size, 16, 128, 32));
  }

  /** Reserves a given port; otherwise returns the API server's message. */
  reserve(port: number, who: string): { readonly message: string; readonly owner?: string } | undefined {
    if (port < NODE_PORTS.first || port > NODE_PORTS.last) {
      return {
        message: `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.last}`,
      };
    }
    const owner = this.#bands.owner(port - NODE_PORTS.first);
    if (owner !== undefined) return { message: "provided port is already allocated", owner };
    this.#bands.take(port - NODE_PORTS.first, who);
    return undefined;
  }

  next(who: string): number | undefined {
    const index = this.#bands.next(who);
    return index === undefined ? undefined : index + NODE_PORTS.first;
  }
}
