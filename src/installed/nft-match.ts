/** What a packet is to the matches of nftables' rules: its fields, marks, devices. */
import { canonicalAddress } from "../net/families.ts";
import { sendsFrom } from "../net/ephemeral-ports.ts";
import type { Known, NftElements } from "./nft-elements.ts";
import { deviceWay, isObject, listOf, textOf } from "./nft-rules.ts";
import type { NftObject, NftValue } from "./nft-rules.ts";
import { isOnDevice, matchesDevice } from "./pod-devices.ts";
import { isLocal } from "./way.ts";
import type { RulePacket, Traveller } from "./way.ts";

/** A rule with an expression that is not understood is assumed not to match. */
export const UNREAD = Symbol("unread");
/** A field that this packet has not: nothing matches it. */
const NONE = "";
/** A device that is none of those that rules name. */
const ROUTED = -1;

/** Ports of a match's right side: a number, a range, or a list of them. */
function portRanges(right: NftValue | undefined): readonly { readonly first: number; readonly last: number }[] {
  if (!isObject(right)) return [{ first: Number(right), last: Number(right) }];
  const { range, set } = right;
  if (Array.isArray(range)) return [{ first: Number(range[0]), last: Number(range[1]) }];
  return listOf(set).flatMap(portRanges);
}

export class NftMatches {
  readonly #sets: NftElements;
  readonly #packet: RulePacket;

  constructor(sets: NftElements, packet: RulePacket) {
    this.#sets = sets;
    this.#packet = packet;
  }

  value(value: NftValue | undefined, now: Traveller): Known | typeof UNREAD {
    if (typeof value === "string" || typeof value === "number") return value;
    if (!isObject(value)) return UNREAD;
    const { payload, meta, fib, concat } = value;
    if (Array.isArray(concat)) {
      const parts = concat.map((part) => this.value(part as NftValue, now));
      return parts.every((part) => typeof part === "string" || typeof part === "number") ? parts : UNREAD;
    }
    if (isObject(payload)) {
      const { protocol, field } = payload;
      if (protocol === "icmpv6" || protocol === "icmp") return NONE;
      const ownFamily = protocol === (this.#packet.family === "ipv6" ? "ip6" : "ip");
      if (field === "daddr") return ownFamily ? now.to : NONE;
      if (field === "saddr") return ownFamily ? this.#packet.from.address : NONE;
      const own = protocol === "th" || protocol === this.#packet.protocol.toLowerCase();
      if (field === "dport") return own ? now.port : -1;
    }
    if (isObject(meta)) {
      if (meta["key"] === "l4proto") return this.#packet.protocol.toLowerCase();
      if (meta["key"] === "mark") return now.mark;
    }
    // There is a way back to its source by the device that it came by.
    if (isObject(fib) && fib["result"] === "oif") return ROUTED;
    if (isObject(fib) && fib["result"] === "type") {
      const source = listOf(fib["flags"]).includes("saddr");
      const local = source
        ? this.#packet.from.kind === "node" || isLocal(this.#packet, this.#packet.from.address)
        : isLocal(this.#packet, now.to);
      return local ? "local" : "unicast";
    }
    const mark = this.markOf(value, now);
    return mark ?? UNREAD;
  }

  markOf(value: NftValue | undefined, now: Traveller): number | undefined {
    if (typeof value === "number") return value;
    if (!isObject(value)) return undefined;
    const [operator = "", operands] = Object.entries(value)[0] ?? [];
    if (operator === "meta") return isObject(operands) && operands["key"] === "mark" ? now.mark : undefined;
    const [left, right] = listOf(operands).map((one) => this.markOf(one, now));
    if (left === undefined || right === undefined) return undefined;
    const result =
      operator === "|" ? left | right : operator === "^" ? left ^ right : operator === "&" ? left & right : undefined;
    return result === undefined ? undefined : result >>> 0;
  }

  match(body: NftObject, now: Traveller): boolean | typeof UNREAD {
    const { op, left, right } = body;
    if (isObject(left) && isObject(left["ct"])) {
      const { key } = left["ct"];
      const named = listOf(isObject(right) ? right["set"] : right);
      // Other bits are set besides: the whole word is compared.
      if (key === "status") return op === "!=" || (named.includes("dnat") && now.endpoint !== undefined);
      if (key !== "state") return UNREAD;
      return (op === "!=") !== named.includes("new");
    }
    // A field of another protocol: the packet has none, whether it is to be equal or not.
    if (isObject(left) && isObject(left["payload"]) && !this.#speaks(textOf(left["payload"]["protocol"]))) return false;
    const way = deviceWay(left);
    if (way !== undefined) {
      const on = this.isOn(way, textOf(right), now);
      return on === undefined ? UNREAD : (op === "!=") !== on;
    }
    if (isObject(left) && isObject(left["payload"]) && left["payload"]["field"] === "sport") {
      const sends = sendsFrom(portRanges(right));
      return sends === undefined ? UNREAD : (op === "!=") !== sends;
    }
    const value = this.value(left, now);
    if (value === UNREAD) return UNREAD;
    const equal = this.#sets.isIn(value, right);
    return op === "!=" ? !equal : equal;
  }

  #speaks(protocol: string): boolean {
    const { family, protocol: own } = this.#packet;
    return protocol === "th" || protocol === own.toLowerCase() || protocol === (family === "ipv6" ? "ip6" : "ip");
  }

  /** Undefined: not known by which device it comes or leaves. */
  isOn(way: "in" | "out", name: string, now: Traveller): boolean | undefined {
    const { podDevices, from, devices } = this.#packet;
    const pattern = name.replace(/\*$/, "+");
    const known = devices?.[way];
    if (known !== undefined) return matchesDevice(pattern, known);
    if (podDevices === undefined || (way === "in" && from.kind === "node")) return undefined;
    const address = way === "in" ? from.address : now.to;
    return isOnDevice(podDevices, pattern, canonicalAddress(address));
  }
}
