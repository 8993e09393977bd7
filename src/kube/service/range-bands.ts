/**
 * Which number of a range a Service gets: given ones first, the others as Kubernetes' allocators choose (upper band of the
 * range first, KEP-3070 and KEP-3668), with random choice replaced by a hash of the Service's name, so that a Service keeps
 * what it has when others come and go.
 */
import { sha1 } from "../../net/digest.ts";

/** Numbers 0 to size-1; the lower band, up to `offset`, is for explicit requests. */
export class Bands {
  readonly size: number;
  readonly #offset: number;
  readonly #owners = new Map<number, string>();

  constructor(size: number, offset: number) {
    this.size = size;
    this.#offset = offset;
  }

  owner(index: number): string | undefined {
    return this.#owners.get(index);
  }

  take(index: number, who: string): void {
    this.#owners.set(index, who);
  }

  /** Free number for `who`; undefined when all are used. */
  next(who: string): number | undefined {
    const found = this.#scan(this.#offset, this.size, who) ?? this.#scan(0, this.#offset, who);
    if (found !== undefined) this.take(found, who);
    return found;
  }

  #scan(from: number, to: number, who: string): number | undefined {
    const count = to - from;
    if (count <= 0) return undefined;
    const start = sha1(who).readUInt32BE(0) % count;
    for (let i = 0; i < count; i++) {
      const index = from + ((start + i) % count);
      if (!this.#owners.has(index)) return index;
    }
    return undefined;
  }
}

export function lowerBand(size: number, min: number, max: number, step: number): number {
  return size < min ? 0 : Math.min(max, Math.max(min, Math.floor(size / step)));
}
