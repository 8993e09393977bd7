/** Hashes from which names and addresses are made. Not by node:crypto, which takes 5 ms to load: `up` would wait for that. */
import { sha1 as sha1Of } from "@noble/hashes/legacy.js";
import { sha256 as sha256Of, sha512 as sha512Of } from "@noble/hashes/sha2.js";

/** 20 bytes. */
export function sha1(text: string): Buffer {
  return Buffer.from(sha1Of(Buffer.from(text)));
}

/** 32 bytes. */
export function sha256(text: string): Buffer {
  return Buffer.from(sha256Of(Buffer.from(text)));
}

/** 64 bytes. */
export function sha512(text: string): Buffer {
  return Buffer.from(sha512Of(Buffer.from(text)));
}
