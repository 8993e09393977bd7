/** Types of what sets hold and rules compare (nftables' enum datatypes), with their texts as bytes. */
import { isIP } from "node:net";
import { ipBytes } from "../address.ts";
import { ORDER } from "./constants.ts";

export interface DataType {
  /** nft(8)'s number for it, which `nft list` uses. */
  readonly id: number;
  /** Bytes. */
  readonly size: number;
  readonly order: number;
  /** Undefined: not supported here. */
  encode(text: string): Uint8Array | undefined;
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** Bytes of an address: those of IPv4, of IPv6, or none. */
function addressSize(text: string): number {
  const version = isIP(text);
  if (version === 0) return 0;
  return version === 4 ? 4 : 16;
}

function address(size: number): (text: string) => Uint8Array | undefined {
  return (text) => (addressSize(text) === size ? ipBytes(text) : undefined);
}

/** `10.0.0.0/8` or one address, of this many bytes; undefined when it is not one. */
export function prefixOf(
  text: string,
  size: number,
): { readonly bytes: Uint8Array; readonly length: number } | undefined {
  const [, ip = "", length = String(size * 8)] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (addressSize(ip) !== size || Number(length) > size * 8) return undefined;
  return { bytes: ipBytes(ip), length: Number(length) };
}

function decimal(text: string, most: number): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : undefined;
}

export const DATA_TYPES = {
  integer: {
    id: 4,
    size: 4,
    order: ORDER.HOST,
    encode(text) {
      const value = decimal(text, 0xffffffff);
      return value === undefined ? undefined : hostWord(value);
    },
  },
  ipv4_addr: { id: 7, size: 4, order: ORDER.NETWORK, encode: address(4) },
  ipv6_addr: { id: 8, size: 16, order: ORDER.NETWORK, encode: address(16) },
  inet_proto: {
    id: 12,
    size: 1,
    order: ORDER.NETWORK,
    encode: (text) => (Object.hasOwn(PROTOCOLS, text) ? Uint8Array.of(PROTOCOLS[text] ?? 0) : undefined),
  },
  inet_service: {
    id: 13,
    size: 2,
    order: ORDER.NETWORK,
    encode(text) {
      const value = decimal(text, 0xffff);
      return value === undefined ? undefined : Uint8Array.of(value >> 8, value & 0xff);
    },
  },
} as const satisfies Record<string, DataType>;

/** A 32-bit number as this machine has it in memory: little-endian wherever Node.js runs this project. */
export function hostWord(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** Registers, and parts of a concatenation, are filled up to 4 bytes. */
export function words(size: number): number {
  return Math.ceil(size / 4);
}

/** The type `ipv4_addr . inet_service`; undefined when a part of it is not supported here. */
export function typesOf(text: string): readonly DataType[] | undefined {
  const types = text
    .split(" . ")
    .map((name) => (Object.hasOwn(DATA_TYPES, name) ? DATA_TYPES[name as keyof typeof DATA_TYPES] : undefined));
  return types.includes(undefined) ? undefined : (types as readonly DataType[]);
}

/** A type of several parts as one number (concat_subtype_add of nftables). */
export function typeNumber(types: readonly DataType[]): number {
  return types.reduce((number, { id }) => (number << 6) | id, 0);
}

/** Bytes that a key takes. */
export function keySize(types: readonly DataType[]): number {
  const [only, more] = types;
  return more === undefined ? (only?.size ?? 0) : types.reduce((size, type) => size + words(type.size) * 4, 0);
}

/** `10.96.0.9 . tcp . 80`; undefined when it is not supported here. */
export function encodeKey(text: string, types: readonly DataType[]): Uint8Array | undefined {
  const parts = types.length === 1 ? [text] : text.split(" . ");
  if (parts.length !== types.length) return undefined;
  const bytes = new Uint8Array(keySize(types));
  let at = 0;
  for (const [index, type] of types.entries()) {
    const value = type.encode(parts[index] ?? "");
    if (value === undefined) return undefined;
    bytes.set(value, at);
    at += words(type.size) * 4;
  }
  return bytes;
}
