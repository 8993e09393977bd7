/** What `ipset save` shows, read so that a packet can be looked up: prefixes, ports, and addresses with protocol and port. */
import { canonicalAddress } from "../net/families.ts";
import { parseAddress, parsePrefix, prefixContains } from "../net/address.ts";
import type { Prefix } from "../net/address.ts";

interface IpSet {
  readonly ports: boolean;
  readonly exact: Set<string>;
  readonly prefixes: Prefix[];
  /** `10.96.0.1,tcp:80` → what the third part may be. */
  readonly thirds: Map<string, Prefix[]>;
}

/** The properties of a packet that rules look up. */
export interface SetKey {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  /** The destination's. */
  readonly port: number;
}

/** The bounds of an address or a network. */
function prefixOf(text: string): Prefix | undefined {
  const length = text.includes(":") ? 128 : 32;
  return parsePrefix(text.includes("/") ? text : `${text}/${length}`);
}

function holds(prefixes: readonly Prefix[], text: string): boolean {
  const parsed = parseAddress(text);
  return parsed !== undefined && prefixes.some((prefix) => prefixContains(prefix, parsed));
}

export class IpSets {
  readonly #sets = new Map<string, IpSet>();

  /** `text`: what `ipset save` prints. */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [verb, name = "", what = ""] = line.split(" ");
      if (verb === "create")
        this.#sets.set(name, { ports: what === "bitmap:port", exact: new Set(), prefixes: [], thirds: new Map() });
      if (verb === "add") this.#add(name, what);
    }
  }

  #add(name: string, entry: string): void {
    const set = this.#sets.get(name);
    if (set === undefined) return;
    const [first = "", second, third] = entry.split(",");
    if (second === undefined) {
      const prefix = first.includes("/") ? prefixOf(first) : undefined;
      if (prefix === undefined) set.exact.add(canonicalAddress(first));
      else set.prefixes.push(prefix);
      return;
    }
    const key = `${canonicalAddress(first)},${second}`;
    const other = third === undefined ? undefined : prefixOf(third);
    if (third === undefined) set.exact.add(key);
    else if (other !== undefined) set.thirds.set(key, [...(set.thirds.get(key) ?? []), other]);
  }

  /** `flags`: from the rule, `dst,dst,src`. Undefined: no such set, or it is not looked up like this. */
  has(name: string, flags: string, { from, to, protocol, port }: SetKey): boolean | undefined {
    const set = this.#sets.get(name);
    if (set === undefined) return undefined;
    const [first, second, third] = flags.split(",");
    if (set.ports) return flags === "dst" ? set.exact.has(String(port)) : undefined;
    const address = first === "src" ? from : to;
    if (second === undefined) return set.exact.has(address) || holds(set.prefixes, address);
    if (second !== "dst") return undefined;
    const key = `${address},${protocol}:${port}`;
    return third === undefined ? set.exact.has(key) : holds(set.thirds.get(key) ?? [], third === "src" ? from : to);
  }
}

export const NO_SETS = new IpSets("");
