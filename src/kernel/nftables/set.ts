/** Sets and maps: how they are declared, and their elements. */
import { NLM_F_CREATE } from "../netlink/constants.ts";
import type { NftSet } from "../../resources/nft-table.ts";
import {
  DATA_VERDICT,
  NFT_MSG,
  NFT_SET,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_LIST_ELEM,
  NFTA_SET,
  NFTA_SET_DESC_SIZE,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  ORDER,
  UDATA,
} from "./constants.ts";
import { encodeKey, keySize, typeNumber, typesOf, type DataType } from "./data-type.ts";
import { verdictOf, writeValue, writeVerdict, type SetReference, type VerdictData } from "./expressions.ts";
import { ATTRIBUTE_LIMIT, MessageWriter } from "./message-writer.ts";
import { UserData } from "./user-data.ts";

/** Where a message goes. */
export interface Place {
  readonly family: number;
  readonly table: string;
  /** Returned with an error. */
  readonly sequence: number;
}

export interface SetShape {
  readonly types: readonly DataType[];
  readonly flags: number;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  /** How many elements a set without a name has. */
  readonly size?: number | undefined;
  readonly userData: UserData;
}

export interface Element {
  readonly key: Uint8Array;
  readonly verdict?: VerdictData | undefined;
  readonly comment?: string | undefined;
  /** The first key that is no longer part of an interval. */
  readonly end?: boolean | undefined;
}

/** A set that is part of one rule. Its reference is filled in when its transaction is written. */
export interface AnonymousSet {
  readonly reference: { name: string; id: number };
  readonly pattern: "__set" | "__map";
  readonly shape: SetShape;
  /** As many messages as they take. */
  readonly elements: readonly Uint8Array[];
}

/** Bytes of elements in one message. */
const MESSAGE_LIMIT = ATTRIBUTE_LIMIT - 64;
const FLAGS: Readonly<Record<string, number>> = { dynamic: NFT_SET.EVAL, timeout: NFT_SET.TIMEOUT };
/** nftables' EXPR_CONCAT: what the key of a map was written as. */
const EXPR_CONCAT = 13;

/** The meaning of a set's declaration; undefined when part of it is not supported here. */
export function setShape({ kind, type, flags = [], timeout, comment }: NftSet): SetShape | undefined {
  const [keyText = "", dataText] = type.split(" : ");
  const types = typesOf(keyText);
  const map = kind === "map";
  if (types === undefined || map !== (dataText === "verdict") || (dataText !== undefined && !map)) return undefined;
  if (flags.some((flag) => !Object.hasOwn(FLAGS, flag))) return undefined;
  const userData = new UserData().u32(UDATA.SET_KEY_ORDER, types.length === 1 ? (types[0]?.order ?? 0) : ORDER.NONE);
  if (map) {
    userData.u32(UDATA.SET_DATA_ORDER, ORDER.NONE);
    if (types.length > 1) userData.typeOf(UDATA.SET_KEY_TYPEOF, EXPR_CONCAT);
    userData.u32(UDATA.SET_DATA_INTERVAL, 0);
  }
  if (comment !== undefined) userData.text(UDATA.SET_COMMENT, comment);
  return {
    types,
    flags: flags.reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), map ? NFT_SET.MAP : 0),
    timeout: timeout === undefined ? undefined : timeout * 1000,
    userData,
  };
}

/** `id`: a number that no other new set of the transaction has. */
export function writeSet(
  out: MessageWriter,
  place: Place,
  { name, id }: Required<SetReference>,
  shape: SetShape,
): void {
  out.message(NFT_MSG.NEWSET, place.family, NLM_F_CREATE, place.sequence, () => {
    out.text(NFTA_SET.TABLE, place.table);
    out.text(NFTA_SET.NAME, name);
    out.u32(NFTA_SET.FLAGS, shape.flags);
    out.u32(NFTA_SET.KEY_TYPE, typeNumber(shape.types));
    out.u32(NFTA_SET.KEY_LEN, keySize(shape.types));
    if ((shape.flags & NFT_SET.MAP) !== 0) {
      out.u32(NFTA_SET.DATA_TYPE, DATA_VERDICT);
      out.u32(NFTA_SET.DATA_LEN, 0);
    }
    out.u32(NFTA_SET.ID, id ?? 0);
    if (shape.size !== undefined) out.nest(NFTA_SET.DESC, () => out.u32(NFTA_SET_DESC_SIZE, shape.size ?? 0));
    if (shape.timeout !== undefined) out.u64(NFTA_SET.TIMEOUT, BigInt(shape.timeout));
    out.bytesOf(NFTA_SET.USERDATA, shape.userData.bytes);
  });
}

/** `10.96.0.9 . tcp . 80 comment "x" : goto y`, or not `whole`, its key alone; undefined when it is not supported here. */
export function elementOf(text: string, { types, flags }: SetShape, whole = true): Element | undefined {
  const [, keyText = "", comment, word, chain] =
    /^(.+?)(?: comment "([^"]*)")?(?: : (\w+)(?: (\S+))?)?$/.exec(text) ?? [];
  const key = encodeKey(keyText, types);
  const leads = whole && (flags & NFT_SET.MAP) !== 0;
  if (key === undefined || leads !== (word !== undefined)) return undefined;
  if (word === undefined) return { key, comment };
  const verdict = verdictOf(word, chain);
  return verdict === undefined ? undefined : { key, verdict, comment };
}

/** `elements`: what elementBytes made of them, one after the other. */
export function writeElements(
  out: MessageWriter,
  message: typeof NFT_MSG.NEWSETELEM | typeof NFT_MSG.DELSETELEM,
  place: Place,
  { name, id }: SetReference,
  elements: Uint8Array,
): void {
  const flags = message === NFT_MSG.NEWSETELEM ? NLM_F_CREATE : 0;
  out.message(message, place.family, flags, place.sequence, () => {
    out.text(NFTA_SET_ELEM_LIST.TABLE, place.table);
    out.text(NFTA_SET_ELEM_LIST.SET, name);
    if (id !== undefined) out.u32(NFTA_SET_ELEM_LIST.SET_ID, id);
    out.nest(NFTA_SET_ELEM_LIST.ELEMENTS, () => out.copy(elements));
  });
}

export function elementBytes(element: Element): Uint8Array {
  const out = new MessageWriter(256);
  out.nest(NFTA_LIST_ELEM, () => writeElement(out, element));
  return out.bytes;
}

/** As many in one message as it may have. */
export function elementMessages(elements: readonly Element[]): readonly Uint8Array[] {
  const out = new MessageWriter(elements.length * 128);
  const messages: Uint8Array[] = [];
  let begun = 0;
  for (const element of elements) {
    const start = out.length;
    out.nest(NFTA_LIST_ELEM, () => writeElement(out, element));
    if (out.length - begun <= MESSAGE_LIMIT) continue;
    messages.push(out.since(begun).subarray(0, start - begun));
    begun = start;
  }
  return [...messages, out.since(begun)];
}

function writeElement(out: MessageWriter, { key, verdict, comment, end }: Element): void {
  if (end === true) out.u32(NFTA_SET_ELEM.FLAGS, NFT_SET_ELEM_INTERVAL_END);
  writeValue(out, NFTA_SET_ELEM.KEY, key);
  if (verdict !== undefined) writeVerdict(out, NFTA_SET_ELEM.DATA, verdict);
  if (comment !== undefined)
    out.bytesOf(NFTA_SET_ELEM.USERDATA, new UserData().text(UDATA.ELEMENT_COMMENT, comment).bytes);
}
