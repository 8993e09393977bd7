/** nfnetlink: messages to the netfilter of a namespace (linux/netfilter/nfnetlink.h). */
import { enterNetns } from "../netns.ts";
import type { NetnsHandle } from "../netns.ts";
import { NETLINK_NETFILTER } from "./constants.ts";
import { NetlinkSocket } from "./socket.ts";

/** Size of struct nfgenmsg, with which each message begins. */
export const NFGENMSG = 4;

export function openNetfilter(netns: NetnsHandle): NetlinkSocket {
  return enterNetns(netns, () => new NetlinkSocket(NETLINK_NETFILTER));
}
