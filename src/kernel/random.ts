/** Random bytes from the kernel (random(4)). Not by node:crypto: it takes 5 ms to load, and the first check would wait for that. */
import { openSync, readSync } from "node:fs";

let source: number | undefined;

export function randomBytes(size: number): Buffer {
  source ??= openSync("/dev/urandom", "r");
  const bytes = Buffer.allocUnsafeSlow(size);
  readSync(source, bytes);
  return bytes;
}

/** From `low` to `high - 1`; `high - low` is at most 2^32. */
export function randomInt(low: number, high: number): number {
  return low + (randomBytes(6).readUIntBE(0, 6) % (high - low));
}
