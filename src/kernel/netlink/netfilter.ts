/** nfnetlink: messages to the netfilter of a namespace (linux/netfilter/nfnetlink.h). */
import { enterNetns } from "../netns.ts";
import type { NetnsHandle } from "../netns.ts";
import { receiveSocket } from "../socket.ts";
import { NETLINK_NETFILTER } from "./constants.ts";
import { align } from "./message.ts";
import { NetlinkSocket } from "./socket.ts";

/** Size of struct nfgenmsg, with which each message begins. */
export const NFGENMSG = 4;

export function openNetfilter(netns: NetnsHandle): NetlinkSocket {
  return enterNetns(netns, () => new NetlinkSocket(NETLINK_NETFILTER));
}

const HEADER = 16;
const ENOBUFS = 105;

/**
 * Reads all that waits on a socket; `each` is given where the attributes of each message of this type begin and end in `into`, and its
 * nfgen_family. What the kernel could not queue (ENOBUFS) is lost.
 */
export function eachMessage(
  fd: number,
  into: Buffer,
  type: number,
  each: (start: number, end: number, family: number) => void,
): void {
  for (;;) {
    const end = receiveSocket(fd, into);
    if (end === -ENOBUFS) continue;
    if (end < HEADER) return;
    for (let at = 0; at + HEADER <= end;) {
      const length = into.readUInt32LE(at);
      if (length < HEADER) return;
      if (into.readUInt16LE(at + 4) === type)
        each(at + HEADER + NFGENMSG, Math.min(end, at + length), into[at + HEADER] ?? 0);
      at += align(length);
    }
  }
}
