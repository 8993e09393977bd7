/** nfnetlink: messages to the netfilter of a namespace (linux/netfilter/nfnetlink.h). */
import { enterNetns, type NetnsHandle } from "../netns.ts";
import { must } from "../libc.ts";
import { bindSocket, receiveSocket, setOption, setReceiveBuffer } from "../socket.ts";
import { NETLINK_NETFILTER } from "./constants.ts";
import { align } from "./message.ts";
import { NetlinkSocket } from "./socket.ts";

/** Size of struct nfgenmsg, with which each message begins. */
export const NFGENMSG = 4;

export function openNetfilter(netns: NetnsHandle): NetlinkSocket {
  return enterNetns(netns, () => new NetlinkSocket(NETLINK_NETFILTER));
}

const AF_NETLINK = 16;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const BUFFER = 4 * 1024 * 1024;

/** A socket that receives what is sent to these groups (NFNLGRP_*), from now on. Throws SyscallError. */
export function listenToNetfilter(netns: NetnsHandle, groups: readonly number[]): NetlinkSocket {
  const socket = openNetfilter(netns);
  try {
    setReceiveBuffer(socket.fd, BUFFER);
    // A socket without an address (sockaddr_nl: the kernel chooses) is passed over by multicasts.
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK);
    must("bind", bindSocket(socket.fd, address), "AF_NETLINK");
    for (const group of groups)
      must("setsockopt", setOption(socket.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group), `NFNLGRP ${group}`);
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
  return socket;
}

const HEADER = 16;
const ENOBUFS = 105;

/**
 * Reads all that waits on a socket; `each` is given where the attributes of each message of this type begin and end in `into`, its
 * nfgen_family and its flags. What the kernel could not queue (ENOBUFS) is lost.
 */
export function eachMessage(
  fd: number,
  into: Buffer,
  type: number,
  each: (start: number, end: number, family: number, flags: number) => void,
): void {
  for (;;) {
    const end = receiveSocket(fd, into);
    if (end === -ENOBUFS) continue;
    if (end < HEADER) return;
    for (let at = 0; at + HEADER <= end;) {
      const length = into.readUInt32LE(at);
      if (length < HEADER) return;
      if (into.readUInt16LE(at + 4) === type)
        each(at + HEADER + NFGENMSG, Math.min(end, at + length), into[at + HEADER] ?? 0, into.readUInt16LE(at + 6));
      at += align(length);
    }
  }
}
