/**
 * Writes many netlink messages of nf_tables one after the other, thousands in one buffer (netlink/message.ts writes one). All
 * numbers in attributes are in network byte order.
 */
import { NLA_F_NESTED, NLM_F_REQUEST } from "../netlink/constants.ts";
import { align } from "../netlink/message.ts";
import { NFNL_SUBSYS_NFTABLES, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END } from "./constants.ts";

const HEADER = 16;
const NFGENMSG = 4;
/** struct nlattr has 16 bits for its length. */
export const ATTRIBUTE_LIMIT = 0xffff;

export class MessageWriter {
  #buffer: Buffer;
  #length = 0;
  #message = 0;

  /** `expected`: so many bytes it has room for before it grows. */
  constructor(expected = 1 << 16) {
    this.#buffer = Buffer.allocUnsafe(expected);
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What has been written since this many bytes. It is not changed by later writes. */
  since(length: number): Uint8Array {
    return this.#buffer.subarray(length, this.#length);
  }

  /** Attributes as they have been written before. */
  copy(attributes: Uint8Array): void {
    this.#room(attributes.length);
    this.#buffer.set(attributes, this.#length);
    this.#length += attributes.length;
  }

  /** `type`: one of NFT_MSG; `family`: NFPROTO. `sequence` is returned with an error. */
  message(type: number, family: number, flags: number, sequence: number, fill: () => void): void {
    this.#begin((NFNL_SUBSYS_NFTABLES << 8) | type, family, flags, sequence);
    fill();
    this.#end();
  }

  batch(fill: () => void): void {
    this.#border(NFNL_MSG_BATCH_BEGIN);
    fill();
    this.#border(NFNL_MSG_BATCH_END);
  }

  u32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    const bytes = this.#buffer;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  u64(type: number, value: bigint): void {
    const at = this.#attribute(type, 8);
    this.#buffer.writeBigUInt64BE(value, at);
  }

  /** With its terminating zero. */
  text(type: number, value: string): void {
    const start = this.#length;
    const at = this.#attribute(type, value.length + 1);
    const bytes = this.#buffer;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) {
        this.#length = start;
        this.bytesOf(type, Buffer.from(`${value}\0`));
        return;
      }
      bytes[at + index] = code;
    }
    bytes[at + value.length] = 0;
  }

  bytesOf(type: number, value: Uint8Array): void {
    const at = this.#attribute(type, value.length);
    this.#buffer.set(value, at);
  }

  /** Throws RangeError when more is in it than an attribute may have. */
  nest(type: number, fill: () => void): void {
    const at = this.#attribute(type | NLA_F_NESTED, 0);
    fill();
    const size = this.#length - at + 4;
    if (size > ATTRIBUTE_LIMIT) throw new RangeError(`${size} bytes in one netlink attribute`);
    this.#buffer[at - 4] = size;
    this.#buffer[at - 3] = size >>> 8;
  }

  #border(type: number): void {
    this.#begin(type, 0, 0, 0);
    this.#buffer.writeUInt16BE(NFNL_SUBSYS_NFTABLES, this.#message + HEADER + 2);
    this.#end();
  }

  #begin(type: number, family: number, flags: number, sequence: number): void {
    const at = this.#length;
    this.#room(HEADER + NFGENMSG);
    this.#message = at;
    this.#length += HEADER + NFGENMSG;
    this.#buffer.fill(0, at, this.#length);
    this.#buffer.writeUInt16LE(type, at + 4);
    this.#buffer.writeUInt16LE(flags | NLM_F_REQUEST, at + 6);
    this.#buffer.writeUInt32LE(sequence, at + 8);
    this.#buffer[at + HEADER] = family;
  }

  #end(): void {
    this.#buffer.writeUInt32LE(this.#length - this.#message, this.#message);
  }

  /** Room for an attribute; returns where its payload begins; what fills it up is zero. */
  #attribute(type: number, payload: number): number {
    const start = this.#length;
    const size = 4 + align(payload);
    this.#room(size);
    this.#length += size;
    const bytes = this.#buffer;
    if (payload % 4 !== 0) for (let at = this.#length - 4; at < this.#length; at++) bytes[at] = 0;
    bytes[start] = payload + 4;
    bytes[start + 1] = (payload + 4) >>> 8;
    bytes[start + 2] = type;
    bytes[start + 3] = type >>> 8;
    return start + 4;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.#length + size, this.#buffer.length * 2));
    this.#buffer.copy(bigger, 0, 0, this.#length);
    this.#buffer = bigger;
  }
}
