/**
 * The generation number of a namespace's ruleset, which grows by one with every transaction (NFT_MSG_GETGEN of
 * linux/netfilter/nf_tables.h), without those of tables that this process has made for a moment.
 */
import { eachAttribute } from "../netlink/attribute.ts";
import { Message } from "../netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../netlink/netfilter.ts";
import { NetlinkError } from "../netlink/socket.ts";
import type { NetnsHandle } from "../netns.ts";
import { NFNL_SUBSYS_NFTABLES, NFT_MSG } from "./constants.ts";
import { passingTables } from "./owned-table.ts";

const NFTA_GEN_ID = 1;

/** Undefined where the kernel has no nftables. */
export function readGeneration(netns: NetnsHandle): number | undefined {
  using socket = openNetfilter(netns);
  try {
    return socket.get(new Message((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG.GETGEN, 0, NFGENMSG), (buffer, start, end) => {
      let generation: number | undefined;
      eachAttribute(buffer, start + NFGENMSG, end, (type, first) => {
        if (type === NFTA_GEN_ID) generation = buffer.readUInt32BE(first) - passingTables(netns).changes;
      });
      return generation;
    });
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}
