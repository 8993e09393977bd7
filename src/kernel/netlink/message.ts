/** Builds one netlink message in a buffer that grows and is used again and again. */
import { NLM_F_REQUEST } from "./constants.ts";

const HEADER = 16;

/** Round up to the 4 bytes that netlink(7) aligns messages and attributes to. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/**
 * One message: `new Message(RTM.NEWLINK, flags, 16)`, then fill the fixed part by offset and append attributes.
 * All numbers are little-endian as on every machine that Node.js and this project support; network order where named so.
 */
export class Message {
  buffer: Buffer;
  length: number;

  /** `body`: size of the fixed part after the header (ifinfomsg 16, ifaddrmsg 8, rtmsg 12, ndmsg 12, tcmsg 20). */
  constructor(type: number, flags: number, body: number) {
    this.buffer = Buffer.alloc(256);
    this.length = HEADER + align(body);
    this.buffer.writeUInt16LE(type, 4);
    this.buffer.writeUInt16LE(flags | NLM_F_REQUEST, 6);
  }

  /** Add NLM_F_* flags. */
  flag(flags: number): this {
    this.buffer.writeUInt16LE(this.buffer.readUInt16LE(6) | flags, 6);
    return this;
  }

  /** Write into the fixed part; `at` counts from its beginning. */
  bodyU8(at: number, value: number): this {
    this.buffer.writeUInt8(value, HEADER + at);
    return this;
  }

  bodyU16(at: number, value: number): this {
    this.buffer.writeUInt16LE(value, HEADER + at);
    return this;
  }

  bodyU32(at: number, value: number): this {
    this.buffer.writeUInt32LE(value >>> 0, HEADER + at);
    return this;
  }

  u8(type: number, value: number): this {
    const at = this.#attribute(type, 1);
    this.buffer.writeUInt8(value, at);
    return this;
  }

  u16(type: number, value: number): this {
    const at = this.#attribute(type, 2);
    this.buffer.writeUInt16LE(value, at);
    return this;
  }

  /** 16 bits in network byte order: ports. */
  be16(type: number, value: number): this {
    const at = this.#attribute(type, 2);
    this.buffer.writeUInt16BE(value, at);
    return this;
  }

  u32(type: number, value: number): this {
    const at = this.#attribute(type, 4);
    this.buffer.writeUInt32LE(value >>> 0, at);
    return this;
  }

  be32(type: number, value: number): this {
    const at = this.#attribute(type, 4);
    this.buffer.writeUInt32BE(value >>> 0, at);
    return this;
  }

  u64(type: number, value: bigint): this {
    const at = this.#attribute(type, 8);
    this.buffer.writeBigUInt64LE(value, at);
    return this;
  }

  /** A string with its terminating zero. */
  string(type: number, value: string): this {
    const bytes = Buffer.byteLength(value);
    const at = this.#attribute(type, bytes + 1);
    this.buffer.write(value, at);
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    const at = this.#attribute(type, value.length);
    this.buffer.set(value, at);
    return this;
  }

  /** Attributes appended by `inside` become the content of this one; `prefix` zero bytes come first (a fixed struct). */
  nest(type: number, inside: (message: this, bodyAt: number) => void, prefix = 0): this {
    const start = this.length;
    const at = this.#attribute(type, prefix);
    inside(this, at);
    this.buffer.writeUInt16LE(this.length - start, start);
    return this;
  }

  /** The finished bytes, stamped with a sequence number. */
  finish(sequence: number): Buffer {
    this.buffer.writeUInt32LE(this.length, 0);
    this.buffer.writeUInt32LE(sequence, 8);
    return this.buffer;
  }

  /** Room for an attribute; returns where its zeroed payload begins. Take `this.buffer` only afterwards: it may be a new one. */
  #attribute(type: number, payload: number): number {
    const start = this.length;
    const end = start + 4 + align(payload);
    if (end > this.buffer.length) {
      const bigger = Buffer.alloc(Math.max(end, this.buffer.length * 2));
      this.buffer.copy(bigger, 0, 0, start);
      this.buffer = bigger;
    }
    this.buffer.writeUInt16LE(4 + payload, start);
    this.buffer.writeUInt16LE(type, start + 2);
    this.length = end;
    return start + 4;
  }
}
