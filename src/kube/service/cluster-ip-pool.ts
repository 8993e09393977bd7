/** Which Service gets which cluster IP. */
import { addressAt, formatAddress, formatPrefix, prefixSize, type Address, type Prefix } from "../../net/address.ts";
import { lowerBand, Bands } from "./range-bands.ts";

/** Ranges beyond this are not used to their end (a /112). */
const MAX_ADDRESSES = 65_536n;

/** Cluster IPs of one family. */
export class ClusterIpPool {
  readonly prefix: Prefix;
  readonly #bands: Bands;

  constructor(prefix: Prefix) {
    this.prefix = prefix;
    // The network address is never assigned, nor is IPv4's broadcast address.
    const hosts = prefixSize(prefix) - (prefix.family === "ipv4" ? 2n : 1n);
    const size = Number(hosts < MAX_ADDRESSES ? hosts : MAX_ADDRESSES);
    this.#bands = new Bands(size, lowerBand(size, 16, 256, 16));
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
