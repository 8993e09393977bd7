/** The flows in a namespace's connection tracking, read and deleted by ctnetlink (linux/netfilter/nfnetlink_conntrack.h). */
import { CTA, CT_STATUS, decodeEntry, type AddressFamily, type EntryKey } from "./conntrack-entry.ts";
import { eachAttribute } from "./netlink/attribute.ts";
import { AF_INET, AF_INET6, NLA_F_NESTED } from "./netlink/constants.ts";
import { Message } from "./netlink/message.ts";
import { NFGENMSG, openNetfilter } from "./netlink/netfilter.ts";
import { NetlinkError, type NetlinkSocket } from "./netlink/socket.ts";
import type { NetnsHandle } from "./netns.ts";

const SUBSYSTEM = 1 << 8;
const GET = SUBSYSTEM | 1;
const DELETE = SUBSYSTEM | 2;
const GET_STATISTICS = SUBSYSTEM | 5;
const STATISTICS_ENTRIES = 1;
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
  readonly key: EntryKey;
}

function decodeFlow(buffer: Buffer, start: number, end: number, family: AddressFamily): TrackedFlow | undefined {
  const entry = decodeEntry(buffer, start + NFGENMSG, end, family);
  if (entry === undefined) return undefined;
  const { original, reply, status, key } = entry;
  return {
    protocol: original.protocol,
    to: { address: original.destination, port: original.destinationPort },
    answeredBy: { address: reply.source, port: reply.sourcePort },
    replied: (status & CT_STATUS.seenReply) !== 0,
    translated: (status & (CT_STATUS.sourceNat | CT_STATUS.destinationNat)) !== 0,
    key,
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
    .bytes(CTA.original | NLA_F_NESTED, key.original)
    .bytes(CTA.id, key.id);
  if (key.zone !== undefined) request.bytes(CTA.zone, key.zone);
  try {
    socket.request(request);
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === GONE) return false;
    throw error;
  }
}
