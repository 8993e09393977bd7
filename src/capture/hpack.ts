/** Reads the compressed header fields of HTTP/2 (HPACK, RFC 7541) as a listener does, who may have missed the beginning. */
import { EOS, HUFFMAN, STATIC_TABLE } from "./hpack-tables.ts";

export type HeaderField = readonly [name: string, value: string];

const DEFAULT_TABLE_SIZE = 4096;
/** Peers may agree on more than the default; more than this is not meant. */
const MAX_TABLE_SIZE = 1 << 20;
/** What an entry counts besides its text (section 4.1). */
const ENTRY_OVERHEAD = 32;
/** An entry that came before the capture began. */
const UNSEEN: HeaderField = ["?", "?"];

/** The dynamic table of one direction of a connection. `fromStart`: every block of it has been read. */
export class HpackDecoder {
  readonly #fromStart: boolean;
  /** The newest first. */
  readonly #entries: HeaderField[] = [];
  #size = 0;
  #maxSize = DEFAULT_TABLE_SIZE;

  constructor(fromStart: boolean) {
    this.#fromStart = fromStart;
  }

  /** The fields of one block, in order. Throws RangeError where the bytes are not HPACK: then the table is worth nothing any more. */
  decode(block: Uint8Array): readonly HeaderField[] {
    const fields: HeaderField[] = [];
    const reader = new BlockReader(block);
    while (!reader.done) {
      const first = reader.peek();
      if ((first & 0x80) !== 0) fields.push(this.#entry(reader.integer(7)));
      else if ((first & 0x40) !== 0) {
        const field = this.#literal(reader, 6);
        this.#add(field);
        fields.push(field);
      } else if ((first & 0x20) !== 0) {
        if (fields.length > 0) throw new RangeError("a table size after a field");
        const size = reader.integer(5);
        if (size > MAX_TABLE_SIZE) throw new RangeError(`a table of ${size} bytes`);
        this.#maxSize = size;
        this.#evict();
      } else fields.push(this.#literal(reader, 4));
    }
    return fields;
  }

  #literal(reader: BlockReader, prefix: number): HeaderField {
    const index = reader.integer(prefix);
    const name = index === 0 ? reader.text() : this.#entry(index)[0];
    return [name, reader.text()];
  }

  #entry(index: number): HeaderField {
    if (index === 0) throw new RangeError("index 0");
    const found = STATIC_TABLE[index - 1] ?? this.#entries[index - 1 - STATIC_TABLE.length];
    if (found !== undefined) return found;
    if (this.#fromStart) throw new RangeError(`index ${index} of a table of ${this.#entries.length}`);
    return UNSEEN;
  }

  #add(field: HeaderField): void {
    this.#entries.unshift(field);
    this.#size += sizeOf(field);
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#maxSize) {
      const oldest = this.#entries.pop();
      if (oldest === undefined) return;
      this.#size -= sizeOf(oldest);
    }
  }
}

/** Texts are bytes here, one per character. */
function sizeOf([name, value]: HeaderField): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

class BlockReader {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  get done(): boolean {
    return this.#at >= this.#data.length;
  }

  peek(): number {
    const byte = this.#data[this.#at];
    if (byte === undefined) throw new RangeError("the block ends early");
    return byte;
  }

  #byte(): number {
    const byte = this.peek();
    this.#at++;
    return byte;
  }

  /** Section 5.1: in the low `prefix` bits, or on from there in groups of seven. */
  integer(prefix: number): number {
    const limit = (1 << prefix) - 1;
    let value = this.#byte() & limit;
    if (value < limit) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new RangeError("an integer is too large");
  }

  /** Section 5.2. */
  text(): string {
    const huffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const bytes = this.#data.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new RangeError("a text ends early");
    this.#at += length;
    return Buffer.from(huffman ? unpack(bytes) : bytes).toString("latin1");
  }
}

function unpack(bytes: Uint8Array): readonly number[] {
  const symbols: number[] = [];
  let [code, bits] = [0, 0];
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      bits++;
      const length = HUFFMAN[bits];
      if (length === undefined) throw new RangeError("not a Huffman code");
      const symbol = length.symbols[code - length.first];
      if (symbol === undefined) continue;
      if (symbol === EOS) throw new RangeError("a string that ends too early");
      symbols.push(symbol);
      [code, bits] = [0, 0];
    }
  }
  // The rest of the last byte are the first bits of the end of a string: ones.
  if (bits > 7 || code !== (1 << bits) - 1) throw new RangeError("a Huffman code ends early");
  return symbols;
}
