/** Which nftables tables a namespace has, its own and foreign: `inet fw`, `ip nat` (linux/netfilter/nf_tables.h). */
import { eachAttribute, readString } from "../netlink/attribute.ts";
import { Message } from "../netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../netlink/netfilter.ts";
import { NetlinkError } from "../netlink/socket.ts";
import type { NetnsHandle } from "../netns.ts";
import { FAMILY_NAMES, NFNL_SUBSYS_NFTABLES, NFT_MSG, NFTA_TABLE } from "./constants.ts";

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
      return name === undefined ? undefined : `${FAMILY_NAMES[buffer[start] ?? 0] ?? "?"} ${name}`;
    });
  } catch (error) {
    if (error instanceof NetlinkError) return [];
    throw error;
  }
}
