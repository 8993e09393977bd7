/**
 * What nft(8) stores with an object in the kernel, which ignores it: comments, and how to print keys. One
 * byte of type, one of length, then the value (libnftnl's nftnl_udata).
 */
export class UserData {
  readonly #bytes: number[] = [];

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** In the machine's own byte order. */
  u32(type: number, value: number): this {
    this.#bytes.push(type, 4, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
    return this;
  }

  /** With its terminating zero. */
  text(type: number, value: string): this {
    const bytes = Buffer.from(`${value}\0`);
    this.#bytes.push(type, bytes.length, ...bytes);
    return this;
  }

  /** The kind of expression that a key or its data was written as (nftables' enum expr_types), and what that adds. */
  typeOf(type: number, kind: number, more: UserData = new UserData()): this {
    const inner = new UserData().u32(0, kind).#bytes;
    this.#bytes.push(type, inner.length + 2 + more.#bytes.length, ...inner, 1, more.#bytes.length, ...more.#bytes);
    return this;
  }
}
