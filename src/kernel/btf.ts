/** Where the running kernel has the members of its structures, and its enums' names: BTF (Documentation/bpf/btf.rst). */
import { readFileSync } from "node:fs";

const FILE = "/sys/kernel/btf/vmlinux";
const KIND = { STRUCT: 4, UNION: 5, ENUM: 6, TYPEDEF: 8, VOLATILE: 9, CONST: 10 } as const;
/** Bytes behind a type, by kind: fixed, and for each of its members. */
const FIXED: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const EACH: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };
const TYPE = 12;
const MEMBER = 12;
const ENUMERATOR = 8;
const BITS = 8;

interface BtfType {
  readonly kind: number;
  readonly members: number;
  /** Offsets of members have the size of a bit field in their upper byte. */
  readonly bitFields: boolean;
  /** Number of the type that it refers to. */
  readonly refersTo: number;
  /** Where its members begin. */
  readonly at: number;
}

export class Btf {
  readonly #bytes: Buffer;
  readonly #strings: Buffer;
  readonly #starts: number[] = [0];
  /** Structures and enums, by where their names are. */
  readonly #named = new Map<number, number>();

  /** Throws ENOENT where the kernel has none (CONFIG_DEBUG_INFO_BTF). */
  constructor() {
    const all = readFileSync(FILE);
    const header = all.readUInt32LE(4);
    const [types, length, strings] = [8, 12, 16].map((at) => all.readUInt32LE(at)) as [number, number, number];
    this.#bytes = all.subarray(header + types, header + types + length);
    this.#strings = all.subarray(header + strings);
    for (let at = 0; at < length;) {
      const info = this.#bytes.readUInt32LE(at + 4);
      const kind = (info >>> 24) & 0x1f;
      const id = this.#starts.push(at) - 1;
      if (kind === KIND.STRUCT || kind === KIND.ENUM) {
        const name = this.#bytes.readUInt32LE(at);
        if (!this.#named.has(name)) this.#named.set(name, id);
      }
      at += TYPE + (FIXED[kind] ?? 0) + (EACH[kind] ?? 0) * (info & 0xffff);
    }
  }

  /** Bytes from a structure's start: `offsetOf("net", "ns", "inum")`. Undefined: it has no such member. */
  offsetOf(struct: string, ...path: readonly string[]): number | undefined {
    let type = this.#find(KIND.STRUCT, struct);
    let offset = 0;
    for (const name of path) {
      const found: readonly [number, number] | undefined = type === undefined ? undefined : this.#member(type, name);
      if (found === undefined) return undefined;
      offset += found[0];
      type = found[1];
    }
    return offset / BITS;
  }

  /** Names by number; empty: no such enum. */
  namesOf(name: string): ReadonlyMap<number, string> {
    const id = this.#find(KIND.ENUM, name);
    if (id === undefined) return new Map();
    const { at, members } = this.#type(id);
    return new Map(
      Array.from({ length: members }, (_, i) => {
        const one = at + i * ENUMERATOR;
        return [this.#bytes.readInt32LE(one + 4), this.#text(this.#bytes.readUInt32LE(one))];
      }),
    );
  }

  /** Each text is there once. */
  #find(kind: number, name: string): number | undefined {
    const text = this.#strings.indexOf(`\0${name}\0`, 0, "latin1") + 1;
    if (text === 0) return undefined;
    const id = this.#named.get(text);
    return id === undefined || this.#type(id).kind !== kind ? undefined : id;
  }

  #type(id: number): BtfType {
    const start = this.#starts[id] ?? 0;
    const info = this.#bytes.readUInt32LE(start + 4);
    return {
      kind: (info >>> 24) & 0x1f,
      members: info & 0xffff,
      bitFields: info >>> 31 === 1,
      refersTo: this.#bytes.readUInt32LE(start + 8),
      at: start + TYPE,
    };
  }

  /** Its offset in bits, and its type; also in members that have no name. */
  #member(id: number, name: string): readonly [offset: number, type: number] | undefined {
    const { kind, members, bitFields, refersTo, at } = this.#type(id);
    if (kind === KIND.TYPEDEF || kind === KIND.CONST || kind === KIND.VOLATILE) return this.#member(refersTo, name);
    if (kind !== KIND.STRUCT && kind !== KIND.UNION) return undefined;
    for (let i = 0; i < members; i++) {
      const one = at + i * MEMBER;
      const text = this.#bytes.readUInt32LE(one);
      const type = this.#bytes.readUInt32LE(one + 4);
      const word = this.#bytes.readUInt32LE(one + 8);
      const offset = bitFields ? word & 0xffffff : word;
      if (text !== 0 && this.#text(text) === name) return [offset, type];
      const inner = text === 0 ? this.#member(type, name) : undefined;
      if (inner !== undefined) return [offset + inner[0], inner[1]];
    }
    return undefined;
  }

  #text(at: number): string {
    return this.#strings.toString("latin1", at, this.#strings.indexOf(0, at));
  }
}
