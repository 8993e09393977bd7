/**
 * The expressions that rules are made of (linux/netfilter/nf_tables.h: enum nft_*_attributes), each with its attributes in
 * the order in which nft(8) writes them.
 */
import { NFT_REG, NFTA_DATA, NFTA_EXPR, NFTA_LIST_ELEM, NFTA_VERDICT, VERDICTS } from "./constants.ts";
import type { MessageWriter } from "./message-writer.ts";

/** Writes one expression. */
export type Expression = (out: MessageWriter) => void;

export interface VerdictData {
  readonly code: number;
  /** Of jump and goto. */
  readonly chain: string | undefined;
}

/** A set by its name, and by the number that it has in this transaction when it is new and has no name yet. */
export interface SetReference {
  readonly name: string;
  readonly id?: number | undefined;
}

function expression(name: string, attributes: (out: MessageWriter) => void): Expression {
  return (out) =>
    out.nest(NFTA_LIST_ELEM, () => {
      out.text(NFTA_EXPR.NAME, name);
      out.nest(NFTA_EXPR.DATA, () => attributes(out));
    });
}

/** `jump x`, `drop`; undefined for anything else. */
export function verdictOf(word: string, chain: string | undefined): VerdictData | undefined {
  const code = Object.hasOwn(VERDICTS, word) ? VERDICTS[word] : undefined;
  if (code === undefined) return undefined;
  const leads = word === "jump" || word === "goto";
  return { code, chain: leads ? chain : undefined };
}

export function writeValue(out: MessageWriter, type: number, value: Uint8Array): void {
  out.nest(type, () => out.bytesOf(NFTA_DATA.VALUE, value));
}

export function writeVerdict(out: MessageWriter, type: number, { code, chain }: VerdictData): void {
  out.nest(type, () =>
    out.nest(NFTA_DATA.VERDICT, () => {
      out.u32(NFTA_VERDICT.CODE, code);
      if (chain !== undefined) out.text(NFTA_VERDICT.CHAIN, chain);
    }),
  );
}

/** Bytes of a packet's header: 1 network, 2 transport. */
export function payload(base: number, offset: number, length: number, register: number): Expression {
  return expression("payload", (out) => {
    out.u32(1, register);
    out.u32(2, base);
    out.u32(3, offset);
    out.u32(4, length);
  });
}

export const META_KEY = { MARK: 3, NFTRACE: 12, L4PROTO: 16 } as const;

export function metaLoad(key: number, register: number): Expression {
  return expression("meta", (out) => {
    out.u32(2, key);
    out.u32(1, register);
  });
}

export function metaSet(key: number, register: number): Expression {
  return expression("meta", (out) => {
    out.u32(2, key);
    out.u32(3, register);
  });
}

export function ctState(register: number): Expression {
  return expression("ct", (out) => {
    out.u32(2, 0);
    out.u32(1, register);
  });
}

/** NFTA_FIB_F_*; the result is the address's type (RTN_*). */
export const FIB_OF: Readonly<Record<string, number>> = { saddr: 1, daddr: 2 };

export function fibType(flags: number, register: number): Expression {
  return expression("fib", (out) => {
    out.u32(3, flags);
    out.u32(2, 3);
    out.u32(1, register);
  });
}

export function numgenRandom(modulus: number, register: number): Expression {
  return expression("numgen", (out) => {
    out.u32(1, register);
    out.u32(2, modulus);
    out.u32(3, 1);
    out.u32(4, 0);
  });
}

/** register = (register & mask) ^ xor. */
export function bitwise(register: number, mask: Uint8Array, xor: Uint8Array): Expression {
  return expression("bitwise", (out) => {
    out.u32(1, register);
    out.u32(2, register);
    out.u32(6, 0);
    out.u32(3, mask.length);
    writeValue(out, 4, mask);
    writeValue(out, 5, xor);
  });
}

export function compare(register: number, equal: boolean, value: Uint8Array): Expression {
  return expression("cmp", (out) => {
    out.u32(1, register);
    out.u32(2, equal ? 0 : 1);
    writeValue(out, 3, value);
  });
}

const NFT_LOOKUP_F_INV = 1;

/** `verdict`: the set is a map whose verdict is taken; `inverted`: not in the set. */
export function lookup(
  set: SetReference,
  register: number,
  { verdict = false, inverted = false }: { verdict?: boolean; inverted?: boolean } = {},
): Expression {
  return expression("lookup", (out) => {
    out.u32(2, register);
    if (verdict) out.u32(3, NFT_REG.VERDICT);
    out.text(1, set.name);
    if (set.id !== undefined) out.u32(4, set.id);
    if (inverted) out.u32(5, NFT_LOOKUP_F_INV);
  });
}

export function verdictNow(verdict: VerdictData): Expression {
  return expression("immediate", (out) => {
    out.u32(1, NFT_REG.VERDICT);
    writeVerdict(out, 2, verdict);
  });
}

export function immediate(register: number, value: Uint8Array): Expression {
  return expression("immediate", (out) => {
    out.u32(1, register);
    writeValue(out, 2, value);
  });
}

/** Address and port from these registers; `family`: NFPROTO. */
export function destinationNat(family: number, address: number, port: number): Expression {
  const NF_NAT_RANGE_PROTO_SPECIFIED = 2;
  return expression("nat", (out) => {
    out.u32(1, 1);
    out.u32(2, family);
    out.u32(3, address);
    out.u32(5, port);
    out.u32(7, NF_NAT_RANGE_PROTO_SPECIFIED);
  });
}

export function masqueradeFullyRandom(): Expression {
  const NF_NAT_RANGE_PROTO_RANDOM_FULLY = 16;
  return expression("masq", (out) => out.u32(1, NF_NAT_RANGE_PROTO_RANDOM_FULLY));
}

/** An ICMP error of type "unreachable"; the code is the family's for ports. */
export function rejectWith(code: number): Expression {
  return expression("reject", (out) => {
    out.u32(1, 0);
    out.bytesOf(2, Uint8Array.of(code));
  });
}

/** The register's value goes into the set, or its timeout restarts. */
export function updateSet(set: SetReference, register: number): Expression {
  return expression("dynset", (out) => {
    out.u32(4, register);
    out.u32(3, 1);
    out.text(1, set.name);
  });
}

/** The packet leaves by the device whose index is in the register; family netdev. */
export function forwardTo(register: number): Expression {
  return expression("fwd", (out) => out.u32(1, register));
}

/** A match of xtables (nft_compat); `info` is its struct, padded to 8 bytes. */
export function xtMatch(name: string, revision: number, info: Uint8Array): Expression {
  return expression("match", (out) => {
    out.text(1, name);
    out.u32(2, revision);
    out.bytesOf(3, info);
  });
}

/** A target of xtables. */
export function xtTarget(name: string, revision: number, info: Uint8Array): Expression {
  return expression("target", (out) => {
    out.text(1, name);
    out.u32(2, revision);
    out.bytesOf(3, info);
  });
}
