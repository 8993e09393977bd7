/** What `ipset save` shows, read so that a packet can be looked up: prefixes, and addresses with protocol and port. */
import { formatAddress, parseAddress, parsePrefix, prefixContains } from "../../model/address.ts";
import type { Prefix } from "../../model/address.ts";

interface IpSet {
  readonly exact: Set<string>;
  readonly prefixes: Prefix[];
}

/** What a rule takes of the packet: `src`, `dst` or `dst,dst`. */
export interface SetKey {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
  /** The set's second part is the packet's port. */
  readonly withPort: boolean;
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

export class IpSets {
  readonly #sets = new Map<string, IpSet>();

  /** `text`: what `ipset save` prints. Types that are no hash of addresses hold nothing that could be found. */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [verb, name = "", what = ""] = line.split(" ");
      if (verb === "create") this.#sets.set(name, { exact: new Set(), prefixes: [] });
      if (verb === "add") this.#add(name, what);
    }
  }

  #add(name: string, entry: string): void {
    const set = this.#sets.get(name);
    if (set === undefined) return;
    const comma = entry.indexOf(",");
    if (comma >= 0) set.exact.add(`${canonical(entry.slice(0, comma))}${entry.slice(comma)}`);
    else if (!entry.includes("/")) set.exact.add(canonical(entry));
    else {
      const prefix = parsePrefix(entry);
      if (prefix !== undefined) set.prefixes.push(prefix);
    }
  }

  /** Undefined: there is no such set. */
  has(name: string, { address, protocol, port, withPort }: SetKey): boolean | undefined {
    const set = this.#sets.get(name);
    if (set === undefined) return undefined;
    if (withPort) return set.exact.has(`${address},${protocol}:${port}`);
    if (set.exact.has(address)) return true;
    const parsed = parseAddress(address);
    return parsed !== undefined && set.prefixes.some((prefix) => prefixContains(prefix, parsed));
  }
}

export const NO_SETS = new IpSets("");
