/** A flow of connection tracking as ctnetlink describes it (linux/netfilter/nfnetlink_conntrack.h). */
import { ipText } from "../net/address-bytes.ts";
import { eachAttribute } from "./netlink/attribute.ts";
import { AF_INET, AF_INET6 } from "./netlink/constants.ts";

export const CTA = { original: 1, reply: 2, status: 3, protocol: 4, timeout: 7, mark: 8, id: 12, zone: 18 } as const;
/** enum ip_conntrack_status of linux/netfilter/nf_conntrack_common.h */
export const CT_STATUS = { seenReply: 1 << 1, assured: 1 << 2, sourceNat: 1 << 4, destinationNat: 1 << 5 } as const;
const TUPLE_IP = 1;
const TUPLE_PROTOCOL = 2;
const SOURCE = { [AF_INET]: 1, [AF_INET6]: 3 } as const;
const DESTINATION = { [AF_INET]: 2, [AF_INET6]: 4 } as const;
const PROTOCOL = 1;
const SOURCE_PORT = 2;
const DESTINATION_PORT = 3;
const ICMP_ID = 4;
const ICMPV6_ID = 7;
const PROTOINFO_TCP = 1;
const TCP_STATE = 1;
/** enum tcp_conntrack of linux/netfilter/nf_conntrack_tcp.h */
const TCP_STATES = [
  "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2",
] as const; // prettier-ignore

export type AddressFamily = typeof AF_INET | typeof AF_INET6;

/** A flow's end as one direction names it. */
export interface Tuple {
  readonly protocol: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** The identifier of an echo. */
  readonly icmpId?: number | undefined;
}

/** What identifies it to the kernel. */
export interface EntryKey {
  readonly original: Uint8Array;
  readonly id: Uint8Array;
  readonly zone?: Uint8Array | undefined;
}

export interface ConntrackEntry {
  readonly original: Tuple;
  /** The answers that are expected: behind a translation its ends. */
  readonly reply: Tuple;
  /** Bits of CT_STATUS. */
  readonly status: number;
  readonly mark: number;
  readonly zone: number;
  /** Seconds until it is forgotten; absent from some events. */
  readonly timeout?: number | undefined;
  /** `SYN_SENT`; of TCP only. */
  readonly tcp?: string | undefined;
  readonly key: EntryKey;
}

function tupleOf(buffer: Buffer, from: number, to: number, family: AddressFamily): Tuple {
  const found = { protocol: 0, source: "", sourcePort: 0, destination: "", destinationPort: 0 };
  let icmpId: number | undefined;
  eachAttribute(buffer, from, to, (type, start, end) => {
    eachAttribute(buffer, start, end, (inner, first, last) => {
      if (type === TUPLE_IP && inner === SOURCE[family]) found.source = ipText(buffer, first, last);
      if (type === TUPLE_IP && inner === DESTINATION[family]) found.destination = ipText(buffer, first, last);
      if (type !== TUPLE_PROTOCOL) return;
      if (inner === PROTOCOL) found.protocol = buffer.readUInt8(first);
      if (inner === SOURCE_PORT) found.sourcePort = buffer.readUInt16BE(first);
      if (inner === DESTINATION_PORT) found.destinationPort = buffer.readUInt16BE(first);
      if (inner === ICMP_ID || inner === ICMPV6_ID) icmpId = buffer.readUInt16BE(first);
    });
  });
  return icmpId === undefined ? found : { ...found, icmpId };
}

/** `start`: behind struct nfgenmsg. Undefined: it has no ends. */
export function decodeEntry(
  buffer: Buffer,
  start: number,
  end: number,
  family: AddressFamily,
): ConntrackEntry | undefined {
  let original: Tuple | undefined;
  let reply: Tuple | undefined;
  let tcp: string | undefined;
  const number = { status: 0, mark: 0, zone: 0, timeout: -1 };
  const key: { original?: Uint8Array; id?: Uint8Array; zone?: Uint8Array } = {};
  eachAttribute(buffer, start, end, (type, first, last) => {
    const copy = (): Uint8Array => Uint8Array.from(buffer.subarray(first, last));
    if (type === CTA.original) {
      original = tupleOf(buffer, first, last, family);
      key.original = copy();
    } else if (type === CTA.reply) reply = tupleOf(buffer, first, last, family);
    else if (type === CTA.status) number.status = buffer.readUInt32BE(first);
    else if (type === CTA.mark) number.mark = buffer.readUInt32BE(first);
    else if (type === CTA.timeout) number.timeout = buffer.readUInt32BE(first);
    else if (type === CTA.id) key.id = copy();
    else if (type === CTA.protocol) tcp = tcpState(buffer, first, last);
    else if (type === CTA.zone) {
      number.zone = buffer.readUInt16BE(first);
      key.zone = copy();
    }
  });
  if (original === undefined || reply === undefined || key.original === undefined || key.id === undefined)
    return undefined;
  const { status, mark, zone, timeout } = number;
  const { id, zone: zoneBytes } = key;
  return {
    original,
    reply,
    status,
    mark,
    zone,
    ...(timeout < 0 ? {} : { timeout }),
    ...(tcp === undefined ? {} : { tcp }),
    key: { original: key.original, id, zone: zoneBytes },
  };
}

function tcpState(buffer: Buffer, from: number, to: number): string | undefined {
  let state: string | undefined;
  eachAttribute(buffer, from, to, (type, start, end) => {
    if (type !== PROTOINFO_TCP) return;
    eachAttribute(buffer, start, end, (inner, first) => {
      if (inner === TCP_STATE) state = TCP_STATES[buffer.readUInt8(first)];
    });
  });
  return state;
}
