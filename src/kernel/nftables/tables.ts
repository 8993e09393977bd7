/** Which nftables tables a namespace has, its own and foreign: `inet fw`, `ip nat` (linux/netfilter/nf_tables.h). */
import { eachAttribute, readString } from "../netlink/attribute.ts";
import { Message } from "../netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../netlink/netfilter.ts";
import { NetlinkError } from "../netlink/socket.ts";
import type { NetnsHandle } from "../netns.ts";
import { NFNL_SUBSYS_NFTABLES, NFT_MSG, NFTA_TABLE } from "./constants.ts";

/** linux/netfilter.h: NFPROTO_*, by the names of nft(8). */
const FAMILY: Readonly<Record<number, string>> = { 1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6" };

/** Empty where the kernel has no nftables. */
export function listTables(netns: NetnsHandle): readonly string[] {
  using socket = openNetfilter(netns);
  try {
    const request = new Message((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG.GETTABLE, 0, NFGENMSG);
    return socket.dump(request, (buffer, start, end) => {
      let name: string | undefined;
      eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
        if (type === NFTA_TABLE.NAME) name = readString(buffer, first, last);
      });
      return name === undefined ? undefined : `${FAMILY[buffer[start] ?? 0] ?? "?"} ${name}`;
    });
  } catch (error) {
    if (error instanceof NetlinkError) return [];
    throw error;
  }
}
