/**
 * Felix' rules as data: what a packet must be, and what becomes of it (projectcalico/calico 87c15906, felix/generictables). Chains are
 * written once; `iptables.ts` and `nft-text.ts` beside this file render them, `tables.ts` says where they go.
 */
import type { Cause } from "../../../../cause.ts";
import type { Family } from "../../../../net/family.ts";

/** Inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export type PacketEnd = "source" | "destination";

interface Negatable {
  readonly not?: boolean | undefined;
}

/** One thing that a packet must be. All of a rule's hold. */
export type FelixMatch = Negatable &
  (
    | { readonly is: "mark"; readonly bits: number; readonly mask: number }
    /** A name that ends in `+` is the beginning of names. */
    | { readonly is: "device"; readonly way: "in" | "out"; readonly name: string }
    | { readonly is: "protocol"; readonly protocol: string | number }
    /** `ported`: a set of addresses with protocol and port. */
    | { readonly is: "set"; readonly name: string; readonly end: PacketEnd; readonly ported: boolean }
    /** Any of these; there is a match of the protocol before it. */
    | { readonly is: "ports"; readonly end: PacketEnd; readonly ports: readonly PortRange[] }
    | { readonly is: "port"; readonly end: PacketEnd; readonly port: number }
    | { readonly is: "net"; readonly end: PacketEnd; readonly net: string }
    /** An address of this namespace; `ofOutDevice`: of the device that it leaves by. */
    | { readonly is: "local"; readonly end: PacketEnd; readonly ofOutDevice?: boolean | undefined }
    /** `RELATED,ESTABLISHED`, `INVALID`, `DNAT`. */
    | { readonly is: "state"; readonly states: string }
    | { readonly is: "icmp"; readonly family: Family; readonly type: number; readonly code?: number | undefined }
    /** No answer to its source would leave by the device that it came by. */
    | { readonly is: "unanswerable" }
  );

export type FelixAction =
  /** `target`: a chain, or a verdict: ACCEPT, DROP, RETURN, REJECT, NOTRACK. */
  | { readonly does: "jump" | "goto"; readonly target: string }
  /** Bits of the mask become `bits`. `zeroAsHex`: zero is written 0x0 (SetMaskedMark), else 0 (ClearMark). */
  | { readonly does: "mark"; readonly bits: number; readonly mask: number; readonly zeroAsHex?: boolean | undefined }
  /** `ports`: `1024-4788`. */
  | { readonly does: "masquerade"; readonly ports?: string | undefined }
  /** `to`: an address, with ports or without. */
  | { readonly does: "snat"; readonly to: string }
  | { readonly does: "log"; readonly prefix: string }
  | { readonly does: "nflog"; readonly group: number; readonly prefix: string }
  /** By the packet's device to a chain, through a verdict map of nftables. */
  | {
      readonly does: "dispatch";
      readonly way: "in" | "out";
      readonly map: string;
      readonly to: ReadonlyMap<string, string>;
    };

export interface FelixRule {
  readonly match: readonly FelixMatch[];
  /** Absent: the rule only has a comment. */
  readonly action?: FelixAction | undefined;
  readonly comments: readonly string[];
  readonly cause?: Cause | undefined;
}

export interface FelixChain {
  readonly name: string;
  readonly rules: readonly FelixRule[];
}

export const jump = (target: string): FelixAction => ({ does: "jump", target });
export const goTo = (target: string): FelixAction => ({ does: "goto", target });
export const ACCEPT = jump("ACCEPT");
export const DROP = jump("DROP");
export const RETURN = jump("RETURN");
export const setMark = (bits: number, mask = bits): FelixAction => ({ does: "mark", bits, mask });

const markIs = (bits: number, mask: number, not = false): readonly FelixMatch[] => [{ is: "mark", bits, mask, not }];

export const match = {
  markIs,
  marked: (bits: number): readonly FelixMatch[] => markIs(bits, bits),
  markIsNot: (bits: number, mask: number): readonly FelixMatch[] => markIs(bits, mask, true),
  unmarked: (mask: number): readonly FelixMatch[] => markIs(0, mask),
  anyMark: (mask: number): readonly FelixMatch[] => markIs(0, mask, true),
  in: (name: string): readonly FelixMatch[] => [{ is: "device", way: "in", name }],
  out: (name: string): readonly FelixMatch[] => [{ is: "device", way: "out", name }],
  protocol: (protocol: string | number, not = false): readonly FelixMatch[] => [{ is: "protocol", protocol, not }],
  inSet: (name: string, end: PacketEnd, not = false): readonly FelixMatch[] => [
    { is: "set", name, end, ported: false, not },
  ],
  inPortedSet: (name: string, end: PacketEnd, not = false): readonly FelixMatch[] => [
    { is: "set", name, end, ported: true, not },
  ],
  ports: (end: PacketEnd, ports: readonly PortRange[], not = false): readonly FelixMatch[] => [
    { is: "ports", end, ports, not },
  ],
  /** One, in a list of its own. */
  portIn: (end: PacketEnd, port: number): readonly FelixMatch[] => [
    { is: "ports", end, ports: [{ first: port, last: port }] },
  ],
  port: (end: PacketEnd, port: number): readonly FelixMatch[] => [{ is: "port", end, port }],
  net: (end: PacketEnd, net: string, not = false): readonly FelixMatch[] => [{ is: "net", end, net, not }],
  toLocal: [{ is: "local", end: "destination" }],
  fromLocal: [{ is: "local", end: "source" }],
  notFromOutDevice: [{ is: "local", end: "source", ofOutDevice: true, not: true }],
  state: (states: string, not = false): readonly FelixMatch[] => [{ is: "state", states, not }],
  icmp: (family: Family, type: number, code?: number, not = false): readonly FelixMatch[] => [
    { is: "icmp", family, type, code, not },
  ],
  unanswerable: [{ is: "unanswerable" }],
} as const satisfies Record<string, readonly FelixMatch[] | ((...words: never[]) => readonly FelixMatch[])>;

export function rule(
  match: readonly FelixMatch[],
  action?: FelixAction,
  comment: string | readonly string[] = [],
): FelixRule {
  return { match, action, comments: typeof comment === "string" ? [comment] : comment };
}

/** What a comment may say: everything else becomes an underscore. */
export function commentText(text: string): string {
  return text.replaceAll(/[^\w @%+=:,./-]/g, "_");
}
