/** What `ipset save` shows, read so that a packet can be looked up: prefixes, ports, and addresses with protocol and port. */
import { canonicalAddress } from "../net/families.ts";
import { parseAddress, parsePrefix, prefixContains, type Prefix } from "../net/address.ts";

interface IpSet {
  readonly ports: boolean;
  readonly exact: Set<string>;
  readonly prefixes: Prefix[];
  /** Holes in these (`nomatch`). The longest that holds an address decides. */
  readonly holes: Prefix[];
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
  return longest(prefixes, text) >= 0;
}

/** Length of the longest prefix that holds an address; -1: none does. */
function longest(prefixes: readonly Prefix[], text: string): number {
  const parsed = parseAddress(text);
  if (parsed === undefined) return -1;
  return Math.max(-1, ...prefixes.filter((prefix) => prefixContains(prefix, parsed)).map(({ length }) => length));
}

export class IpSets {
  readonly #sets = new Map<string, IpSet>();

  /** `text`: what `ipset save` prints. */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [verb, name = "", what = "", ...more] = line.split(" ");
      if (verb === "create")
        this.#sets.set(name, {
          ports: what === "bitmap:port",
          exact: new Set(),
          prefixes: [],
          holes: [],
          thirds: new Map(),
        });
      if (verb === "add") this.#add(name, what, more.includes("nomatch"));
    }
  }

  #add(name: string, entry: string, isHole: boolean): void {
    const set = this.#sets.get(name);
    if (set === undefined) return;
    const [first = "", second, third] = entry.split(",");
    if (second === undefined) {
      const prefix = first.includes("/") || isHole ? prefixOf(first) : undefined;
      if (prefix !== undefined && isHole) set.holes.push(prefix);
      else if (prefix === undefined) set.exact.add(canonicalAddress(first));
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
    if (second === undefined)
      return set.exact.has(address) || longest(set.prefixes, address) > longest(set.holes, address);
    if (second !== "dst") return undefined;
    const key = `${address},${protocol}:${port}`;
    return third === undefined ? set.exact.has(key) : holds(set.thirds.get(key) ?? [], third === "src" ? from : to);
  }
}

export const NO_SETS = new IpSets("");
