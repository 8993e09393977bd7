/** Hashes from which names and addresses are made. Not by node:crypto, which takes 5 ms to load: `up` would wait for that. */
import { md5 as md5Of, sha1 as sha1Of } from "@noble/hashes/legacy.js";
import { sha224 as sha224Of, sha256 as sha256Of, sha512 as sha512Of } from "@noble/hashes/sha2.js";
import { sha3_224 as sha3Of } from "@noble/hashes/sha3.js";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1 with 32 bits. */
export function fnv1(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => (Math.imul(hash, FNV_PRIME) ^ byte) >>> 0, FNV_OFFSET);
}

/** FNV-1a with 32 bits. */
export function fnv1a(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => Math.imul(hash ^ byte, FNV_PRIME) >>> 0, FNV_OFFSET);
}

/** 16 bytes; of several parts as of one. */
export function md5(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.from(md5Of(Buffer.concat(parts.map((part) => Buffer.from(part as string)))));
}

/** 20 bytes. */
export function sha1(text: string): Buffer {
  return Buffer.from(sha1Of(Buffer.from(text)));
}

/** 28 bytes; of several parts as of one. */
export function sha224(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.from(sha224Of(Buffer.concat(parts.map((part) => Buffer.from(part as string)))));
}

/** SHA3-224: 28 bytes. */
export function sha3of224(text: string): Buffer {
  return Buffer.from(sha3Of(Buffer.from(text)));
}

/** 32 bytes. */
export function sha256(text: string): Buffer {
  return Buffer.from(sha256Of(Buffer.from(text)));
}

/** 64 bytes. */
export function sha512(text: string): Buffer {
  return Buffer.from(sha512Of(Buffer.from(text)));
}
