/** All that the kernel has of the nftables of one namespace, as bytes without handles: what two ways of loading must agree in. */
import { eachAttribute, readString } from "../../src/kernel/netlink/attribute.ts";
import { Message } from "../../src/kernel/netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../../src/kernel/netlink/netfilter.ts";
import type { NetlinkSocket } from "../../src/kernel/netlink/socket.ts";
import type { NetnsHandle } from "../../src/kernel/netns.ts";
import { NFNL_SUBSYS_NFTABLES, NFT_MSG, NFTA_SET_ELEM_LIST } from "../../src/kernel/nftables/constants.ts";

/** Attributes that are the kernel's own counting: handles, uses, positions, padding. */
const COUNTING: Readonly<Record<number, readonly number[]>> = {
  [NFT_MSG.GETTABLE]: [3, 4, 5],
  [NFT_MSG.GETCHAIN]: [2, 6, 9],
  [NFT_MSG.GETRULE]: [3, 6, 8],
  [NFT_MSG.GETSET]: [14, 16],
};

function request(message: number, family: number): Message {
  return new Message((NFNL_SUBSYS_NFTABLES << 8) | message, 0, NFGENMSG).bodyU8(0, family);
}

/** Attributes of one object as `type:hex`. */
function describeObject(message: number, buffer: Buffer, start: number, end: number): string {
  const parts: string[] = [];
  eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
    if (COUNTING[message]?.includes(type) !== true) parts.push(`${type}:${buffer.toString("hex", first, last)}`);
  });
  return `${message} ${parts.join("\n  ")}`;
}

/** The kernel has them in no order. */
function elementsOf(socket: NetlinkSocket, family: number, table: string, set: string): string {
  const message = request(NFT_MSG.GETSETELEM, family)
    .string(NFTA_SET_ELEM_LIST.TABLE, table)
    .string(NFTA_SET_ELEM_LIST.SET, set);
  const elements = socket.dump(message, (buffer, start, end) => {
    const found: string[] = [];
    eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
      if (type === NFTA_SET_ELEM_LIST.ELEMENTS)
        eachAttribute(buffer, first, last, (_, from, to) => found.push(buffer.toString("hex", from, to)));
    });
    return found;
  });
  return `elements of ${set}\n  ${elements.flat().toSorted().join("\n  ")}`;
}

export function dumpTables(netns: NetnsHandle, family: number): readonly string[] {
  using socket = openNetfilter(netns);
  const sets: [table: string, set: string][] = [];
  const all = [NFT_MSG.GETTABLE, NFT_MSG.GETCHAIN, NFT_MSG.GETRULE, NFT_MSG.GETSET].flatMap((message) =>
    socket.dump(request(message, family), (buffer, start, end) => {
      if (message === NFT_MSG.GETSET) {
        const names: string[] = [];
        eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
          if (type <= 2) names.push(readString(buffer, first, last));
        });
        sets.push([names[0] ?? "", names[1] ?? ""]);
      }
      return describeObject(message, buffer, start, end);
    }),
  );
  const elements = sets.map(([table, set]) => elementsOf(socket, family, table, set));
  return [...all, ...elements].toSorted();
}
