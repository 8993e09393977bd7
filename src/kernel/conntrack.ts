/** The flows in a namespace's connection tracking, read and deleted by ctnetlink (linux/netfilter/nfnetlink_conntrack.h). */
import { ipText } from "../net/address-bytes.ts";
import { eachAttribute } from "./netlink/attribute.ts";
import { AF_INET, AF_INET6, NLA_F_NESTED } from "./netlink/constants.ts";
import { Message } from "./netlink/message.ts";
import { NFGENMSG, openNetfilter } from "./netlink/netfilter.ts";
import { NetlinkError } from "./netlink/socket.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";
import type { NetnsHandle } from "./netns.ts";

const SUBSYSTEM = 1 << 8;
const GET = SUBSYSTEM | 1;
const DELETE = SUBSYSTEM | 2;
const GET_STATISTICS = SUBSYSTEM | 5;
const STATISTICS_ENTRIES = 1;
const TUPLE_ORIGINAL = 1;
const TUPLE_REPLY = 2;
const STATUS = 3;
const ID = 12;
const ZONE = 18;
const TUPLE_IP = 1;
const TUPLE_PROTOCOL = 2;
const SOURCE = { [AF_INET]: 1, [AF_INET6]: 3 } as const;
const DESTINATION = { [AF_INET]: 2, [AF_INET6]: 4 } as const;
const PROTOCOL = 1;
const SOURCE_PORT = 2;
const DESTINATION_PORT = 3;
/** enum ip_conntrack_status of linux/netfilter/nf_conntrack_common.h */
const SEEN_REPLY = 1 << 1;
const TRANSLATED = (1 << 4) | (1 << 5);

/** A flow's end as one direction names it. */
interface Tuple {
  readonly protocol: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

export interface TrackedFlow {
  readonly protocol: number;
  /** Where the first packet was sent to, before any translation. */
  readonly to: { readonly address: string; readonly port: number };
  /** The expected sender of answers: after DNAT the endpoint. */
  readonly answeredBy: { readonly address: string; readonly port: number };
  /** An answer has been seen. */
  readonly replied: boolean;
  /** Source or destination is rewritten. */
  readonly translated: boolean;
  /** What identifies it to the kernel. */
  readonly key: { readonly original: Uint8Array; readonly id: Uint8Array; readonly zone?: Uint8Array | undefined };
}

type AddressFamily = typeof AF_INET | typeof AF_INET6;

function tuple(buffer: Buffer, from: number, to: number, family: AddressFamily): Tuple {
  const found = { protocol: 0, source: "", sourcePort: 0, destination: "", destinationPort: 0 };
  eachAttribute(buffer, from, to, (type, start, end) => {
    eachAttribute(buffer, start, end, (inner, first, last) => {
      if (type === TUPLE_IP && inner === SOURCE[family]) found.source = ipText(buffer, first, last);
      if (type === TUPLE_IP && inner === DESTINATION[family]) found.destination = ipText(buffer, first, last);
      if (type !== TUPLE_PROTOCOL) return;
      if (inner === PROTOCOL) found.protocol = buffer.readUInt8(first);
      if (inner === SOURCE_PORT) found.sourcePort = buffer.readUInt16BE(first);
      if (inner === DESTINATION_PORT) found.destinationPort = buffer.readUInt16BE(first);
    });
  });
  return found;
}

function decodeFlow(buffer: Buffer, start: number, end: number, family: AddressFamily): TrackedFlow | undefined {
  let original: Tuple | undefined;
  let reply: Tuple | undefined;
  let status = 0;
  const key: { original?: Uint8Array; id?: Uint8Array; zone?: Uint8Array } = {};
  eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
    const copy = (): Uint8Array => Uint8Array.from(buffer.subarray(first, last));
    if (type === TUPLE_ORIGINAL) {
      original = tuple(buffer, first, last, family);
      key.original = copy();
    } else if (type === TUPLE_REPLY) reply = tuple(buffer, first, last, family);
    else if (type === STATUS) status = buffer.readUInt32BE(first);
    else if (type === ID) key.id = copy();
    else if (type === ZONE) key.zone = copy();
  });
  if (original === undefined || reply === undefined || key.original === undefined || key.id === undefined)
    return undefined;
  return {
    protocol: original.protocol,
    to: { address: original.destination, port: original.destinationPort },
    answeredBy: { address: reply.source, port: reply.sourcePort },
    replied: (status & SEEN_REPLY) !== 0,
    translated: (status & TRANSLATED) !== 0,
    key: { original: key.original, id: key.id, zone: key.zone },
  };
}

function message(type: number, family: AddressFamily): Message {
  return new Message(type, 0, NFGENMSG).bodyU8(0, family);
}

const GONE = "ENOENT";
/** The kernel has no ctnetlink: its flows cannot be read. */
const WITHOUT: ReadonlySet<string> = new Set(["EINVAL", "EOPNOTSUPP", "EPROTONOSUPPORT"]);

/** How many flows the namespace has in both families; undefined where the kernel does not provide it. */
function countFlows(socket: NetlinkSocket): number | undefined {
  return socket.get(new Message(GET_STATISTICS, 0, NFGENMSG), (buffer, start, end) => {
    let count: number | undefined;
    eachAttribute(buffer, start + NFGENMSG, end, (type, first) => {
      if (type === STATISTICS_ENTRIES) count = buffer.readUInt32BE(first);
    });
    return count;
  });
}

/**
 * Deletes the flows of one family that are `stale`; returns how many. The next packet of such a flow is judged by the
 * current rules. Throws NetlinkError; nothing is done where the kernel has no ctnetlink.
 */
export function forgetFlows(
  netns: NetnsHandle,
  family: "ipv4" | "ipv6",
  stale: (flow: TrackedFlow) => boolean,
): number {
  const number = family === "ipv6" ? AF_INET6 : AF_INET;
  using socket = openNetfilter(netns);
  try {
    // A dump walks the table of the whole machine: some milliseconds, for a new namespace in vain.
    if (countFlows(socket) === 0) return 0;
    const flows = socket.dump(message(GET, number), (buffer, start, end) => {
      const flow = decodeFlow(buffer, start, end, number);
      return flow !== undefined && stale(flow) ? flow : undefined;
    });
    return flows.filter((flow) => forget(socket, number, flow)).length;
  } catch (error) {
    if (error instanceof NetlinkError && WITHOUT.has(error.code)) return 0;
    throw error;
  }
}

/** False when it has ended in the meantime. The id distinguishes it from a newer one between the same ends. */
function forget(socket: NetlinkSocket, family: AddressFamily, { key }: TrackedFlow): boolean {
  const request = message(DELETE, family)
    .bytes(TUPLE_ORIGINAL | NLA_F_NESTED, key.original)
    .bytes(ID, key.id);
  if (key.zone !== undefined) request.bytes(ZONE, key.zone);
  try {
    socket.request(request);
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === GONE) return false;
    throw error;
  }
}
