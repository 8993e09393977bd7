/** What the resources of one namespace make there: anything else in it is foreign. */
import { formatPrefix, parseInterfaceAddress } from "../net/address.ts";
import type { Resource } from "./resource.ts";

export class OwnSettings {
  readonly links = new Set<string>();
  /** `DEV ADDRESS`. */
  readonly addrs = new Set<string>();
  /** By observedRouteKey(). */
  readonly routes = new Set<string>();
  /** `DEV PREFIX` of connected routes, which are the kernel's, or were put back by hand. */
  readonly connected = new Set<string>();
  /** By ruleKey(). */
  readonly rules = new Set<string>();
  /** `DEV ADDRESS`. */
  readonly neighs = new Set<string>();
  /** `DEV MAC REMOTE`. */
  readonly fdb = new Set<string>();
  readonly qdiscs = new Set<string>();
  /** Of nftables, `FAMILY NAME`, where no resource of the kind is one. */
  readonly tables = new Set<string>();
  /** Values by key. */
  readonly sysctls = new Map<string, string>();
  /** Rules, and what is not seen in a namespace. */
  readonly rest: Resource[] = [];
  /** Programs of the lab run here and may make settings of their own. */
  busy = false;

  addAddress(dev: string, address: string): void {
    this.addrs.add(`${dev} ${address}`);
    const parsed = parseInterfaceAddress(address);
    this.connected.add(`${dev} ${parsed === undefined ? "" : formatPrefix(parsed.prefix)}`);
  }
}
