/** The part of a rule that matches a packet: `ip saddr != 10.0.0.0/8`, `meta l4proto . th dport vmap @m`. */
import { NFT_REG, NFT_SET, ORDER, UDATA } from "./constants.ts";
import { DATA_TYPES, hostWord, prefixOf, words, type DataType } from "./data-type.ts";
import * as expressions from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { intervals } from "./intervals.ts";
import { elementMessages, elementOf, type AnonymousSet, type SetShape } from "./set.ts";
import { UserData } from "./user-data.ts";
import { Unsupported, type Words } from "./words.ts";

/** Something that can be loaded into a register and compared. */
interface Field {
  readonly type: DataType;
  load(register: number): readonly Expression[];
  /** Addresses: their first bytes alone. */
  loadPart?(register: number, length: number): Expression;
  /** How nft(8) stores it as a set's key: an id of protocol and field; or not at all. */
  readonly remembered?: readonly [protocol: number, field: number] | undefined;
  /** Values that are not texts of the type: `new`, `local`. */
  value?(text: string): Uint8Array | undefined;
}

export interface Match {
  readonly expressions: readonly Expression[];
  readonly sets: readonly AnonymousSet[];
}

const NETWORK = 1;
const TRANSPORT = 2;
/** nftables' EXPR_VERDICT and EXPR_PAYLOAD. */
const EXPR = { VERDICT: 1, PAYLOAD: 7 } as const;
const FIRST = NFT_REG.FIRST;

/** Offset of the header's addresses, and nftables' PROTO_DESC_* with its fields. */
const ADDRESSES = {
  ip: { type: DATA_TYPES.ipv4_addr, saddr: { offset: 12, id: 11 }, daddr: { offset: 16, id: 12 }, protocol: 12 },
  ip6: { type: DATA_TYPES.ipv6_addr, saddr: { offset: 8, id: 8 }, daddr: { offset: 24, id: 9 }, protocol: 13 },
} as const;

/** `ip saddr`. Throws Unsupported for what is not an address. */
export function addressField(version: "ip" | "ip6", side: string): Field {
  if (side !== "saddr" && side !== "daddr") throw new Unsupported(`${version} ${side}`);
  const { type, protocol, [side]: at } = ADDRESSES[version];
  const loadPart = (register: number, length: number): Expression =>
    expressions.payload(NETWORK, at.offset, length, register);
  return {
    type,
    load: (register) => [loadPart(register, type.size)],
    loadPart,
    remembered: [protocol, at.id],
  };
}

function metaField(key: string): Field {
  if (key !== "l4proto") throw new Unsupported(`meta ${key}`);
  return {
    type: DATA_TYPES.inet_proto,
    load: (register) => [expressions.metaLoad(expressions.META_KEY.L4PROTO, register)],
  };
}

function portField(side: string): Field {
  if (side !== "dport") throw new Unsupported(`th ${side}`);
  return { type: DATA_TYPES.inet_service, load: (register) => [expressions.payload(TRANSPORT, 2, 2, register)] };
}

const RTN_LOCAL = 2;

function fibField(words: Words): Field {
  const side = words.next();
  const flags = expressions.FIB_OF[side];
  if (flags === undefined || words.next() !== "type") throw new Unsupported(`fib ${side}`);
  return {
    type: DATA_TYPES.integer,
    load: (register) => [expressions.fibType(flags, register)],
    value: (text) => (text === "local" ? hostWord(RTN_LOCAL) : undefined),
  };
}

function randomField(words: Words): Field {
  words.expect("random", "mod");
  const modulus = Number(words.next());
  if (!Number.isInteger(modulus) || modulus < 1) throw new Unsupported("numgen");
  return { type: DATA_TYPES.integer, load: (register) => [expressions.numgenRandom(modulus, register)] };
}

function field(word: string, words: Words): Field {
  if (word === "ip" || word === "ip6") return addressField(word, words.next());
  if (word === "meta") return metaField(words.next());
  if (word === "th") return portField(words.next());
  if (word === "fib") return fibField(words);
  if (word === "numgen") return randomField(words);
  throw new Unsupported(word);
}

/** `word` is the first of the match and has been consumed. */
export function match(word: string, words: Words): Match {
  if (word === "ct") return stateMatch(words);
  if (word === "mark") return markMatch(words);
  const fields = [field(word, words)];
  while (words.take(".")) fields.push(field(words.next(), words));
  if (words.take("vmap")) return mapMatch(fields, words);
  const equal = !words.take("!=");
  const at = words.next();
  const [only, more] = fields;
  if (only === undefined || more !== undefined) throw new Unsupported("a concatenation outside a map");
  if (at.startsWith("@"))
    return plain([...only.load(FIRST), expressions.lookup({ name: at.slice(1) }, FIRST, { inverted: !equal })]);
  if (at !== "{") return plain(valueMatch(only, at, equal));
  const list = words.list();
  const [single, another] = list;
  // nft(8) makes a plain comparison of it
  if (single !== undefined && another === undefined) return plain(valueMatch(only, single, equal));
  return listMatch(only, list, equal);
}

function plain(all: readonly Expression[]): Match {
  return { expressions: all, sets: [] };
}

function stateMatch(words: Words): Match {
  const NEW = 8;
  words.expect("state", "new");
  return plain([
    expressions.ctState(FIRST),
    expressions.bitwise(FIRST, hostWord(NEW), hostWord(0)),
    expressions.compare(FIRST, false, hostWord(0)),
  ]);
}

/** `mark and 0x4000 == 0`. */
function markMatch(words: Words): Match {
  words.expect("and");
  const mask = words.number();
  words.expect("==");
  const value = words.number();
  return plain([
    expressions.metaLoad(expressions.META_KEY.MARK, FIRST),
    expressions.bitwise(FIRST, hostWord(mask), hostWord(0)),
    expressions.compare(FIRST, true, hostWord(value)),
  ]);
}

function valueMatch({ type, load, loadPart, value }: Field, text: string, equal: boolean): readonly Expression[] {
  if (loadPart !== undefined && text.includes("/")) return prefixMatch(type.size, loadPart, text, equal);
  const bytes = value === undefined ? type.encode(text) : value(text);
  if (bytes === undefined) throw new Unsupported(text);
  return [...load(FIRST), expressions.compare(FIRST, equal, bytes)];
}

/** For a prefix that ends at a byte boundary only those bytes are compared. */
function prefixMatch(
  size: number,
  loadPart: NonNullable<Field["loadPart"]>,
  text: string,
  equal: boolean,
): readonly Expression[] {
  const prefix = prefixOf(text, size);
  if (prefix === undefined || prefix.length === 0) throw new Unsupported(text);
  const { bytes, length } = prefix;
  const whole = length >> 3;
  if (length % 8 === 0) return [loadPart(FIRST, whole), expressions.compare(FIRST, equal, bytes.subarray(0, whole))];
  const mask = bytes.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff);
  return [
    loadPart(FIRST, size),
    expressions.bitwise(FIRST, mask, new Uint8Array(size)),
    expressions.compare(
      FIRST,
      equal,
      bytes.map((byte, index) => byte & (mask[index] ?? 0)),
    ),
  ];
}

function listMatch({ type, load, remembered }: Field, list: readonly string[], equal: boolean): Match {
  if (remembered === undefined || !list.some((text) => text.includes("/"))) throw new Unsupported("{");
  const [protocol, id] = remembered;
  const elements = intervals(list, type.size);
  const set: AnonymousSet = {
    reference: { name: "", id: 0 },
    pattern: "__set",
    elements: elementMessages(elements),
    shape: {
      types: [type],
      flags: NFT_SET.ANONYMOUS | NFT_SET.CONSTANT | NFT_SET.INTERVAL,
      size: elements.length,
      userData: new UserData()
        .u32(UDATA.SET_KEY_ORDER, type.order)
        .u32(UDATA.SET_MERGE, 1)
        .typeOf(UDATA.SET_KEY_TYPEOF, EXPR.PAYLOAD, new UserData().u32(0, protocol).u32(1, id)),
    },
  };
  const look = expressions.lookup(set.reference, FIRST, { inverted: !equal });
  return { expressions: [...load(FIRST), look], sets: [set] };
}

/** `vmap @m` or `vmap { 0 : goto a , 1 : goto b }`; the parts of a concatenation lie in registers side by side. */
function mapMatch(fields: readonly Field[], rest: Words): Match {
  const loads: Expression[] = [];
  let word = 0;
  for (const { type, load } of fields) {
    loads.push(...load(word === 0 ? FIRST : NFT_REG.WORDS + word));
    word += words(type.size);
  }
  const at = rest.next();
  if (at.startsWith("@")) return plain([...loads, expressions.lookup({ name: at.slice(1) }, FIRST, { verdict: true })]);
  const [only, more] = fields;
  if (at !== "{" || only === undefined || more !== undefined || only.type.order !== ORDER.HOST)
    throw new Unsupported(at);
  const set = anonymousMap(only.type, rest.list());
  return { expressions: [...loads, expressions.lookup(set.reference, FIRST, { verdict: true })], sets: [set] };
}

function anonymousMap(type: DataType, list: readonly string[]): AnonymousSet {
  const shape: SetShape = {
    types: [type],
    flags: NFT_SET.ANONYMOUS | NFT_SET.CONSTANT | NFT_SET.MAP,
    size: list.length,
    userData: new UserData()
      .u32(UDATA.SET_KEY_ORDER, type.order)
      .u32(UDATA.SET_DATA_ORDER, ORDER.NONE)
      .typeOf(UDATA.SET_DATA_TYPEOF, EXPR.VERDICT)
      .u32(UDATA.SET_DATA_INTERVAL, 0),
  };
  const elements = list.map((text) => {
    const element = elementOf(text, shape);
    if (element === undefined) throw new Unsupported(text);
    return element;
  });
  return { reference: { name: "", id: 0 }, pattern: "__map", shape, elements: elementMessages(elements) };
}
