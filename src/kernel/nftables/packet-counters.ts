/** How many packets each rule of a namespace has counted, and each policy of a base chain (linux/netfilter/nf_tables.h): of tables of iptables-nft too. */
import { addTo } from "../../append.ts";
import { eachAttribute, readString } from "../netlink/attribute.ts";
import { Message } from "../netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../netlink/netfilter.ts";
import type { NetnsHandle } from "../netns.ts";
import { FAMILY_NAMES, NFNL_SUBSYS_NFTABLES, NFT_MSG, NFTA_CHAIN, NFTA_COUNTER, NFTA_EXPR, NFTA_RULE } from "./constants.ts"; // prettier-ignore

const COUNTER = "counter";

export interface CountedPackets {
  readonly packets: number;
  readonly bytes: number;
}

export interface CountedRule {
  readonly handle: number;
  /** Absent: it does not count. */
  readonly counted?: CountedPackets | undefined;
}

export interface PacketCounters {
  /** `ip filter FORWARD` → its rules in order; chains without rules are left out. */
  readonly rules: ReadonlyMap<string, readonly CountedRule[]>;
  /** Of base chains whose policy counts. */
  readonly policies: ReadonlyMap<string, CountedPackets>;
}

/** Throws NetlinkError, also where the kernel has no nftables. */
export async function readPacketCounters(netns: NetnsHandle): Promise<PacketCounters> {
  using socket = openNetfilter(netns);
  const rules = new Map<string, CountedRule[]>();
  const policies = new Map<string, CountedPackets>();
  const request = (type: number): Message => new Message((NFNL_SUBSYS_NFTABLES << 8) | type, 0, NFGENMSG);
  await socket.dumpInSlices(
    request(NFT_MSG.GETRULE),
    (buffer, start, end) => {
      let [table, chain, handle] = ["", "", 0];
      let counted: CountedPackets | undefined;
      eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
        if (type === NFTA_RULE.TABLE) table = readString(buffer, first, last);
        else if (type === NFTA_RULE.CHAIN) chain = readString(buffer, first, last);
        else if (type === NFTA_RULE.HANDLE) handle = Number(buffer.readBigUInt64BE(first));
        else if (type === NFTA_RULE.EXPRESSIONS) counted = counterIn(buffer, first, last);
      });
      addTo(rules, `${FAMILY_NAMES[buffer[start] ?? 0] ?? ""} ${table} ${chain}`, { handle, counted });
      return undefined;
    },
    () => rules.clear(),
  );
  await socket.dumpInSlices(request(NFT_MSG.GETCHAIN), (buffer, start, end) => {
    let [table, chain] = ["", ""];
    let counted: CountedPackets | undefined;
    eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
      if (type === NFTA_CHAIN.TABLE) table = readString(buffer, first, last);
      else if (type === NFTA_CHAIN.NAME) chain = readString(buffer, first, last);
      else if (type === NFTA_CHAIN.COUNTERS) counted = countedIn(buffer, first, last);
    });
    if (counted !== undefined) policies.set(`${FAMILY_NAMES[buffer[start] ?? 0] ?? ""} ${table} ${chain}`, counted);
    return undefined;
  });
  return { rules, policies };
}

/** The first one among a rule's expressions. */
function counterIn(buffer: Buffer, from: number, to: number): CountedPackets | undefined {
  let found: CountedPackets | undefined;
  eachAttribute(buffer, from, to, (_, start, end) => {
    let name = "";
    eachAttribute(buffer, start, end, (type, first, last) => {
      if (type === NFTA_EXPR.NAME) name = readString(buffer, first, last);
      else if (type === NFTA_EXPR.DATA && name === COUNTER) found ??= countedIn(buffer, first, last);
    });
  });
  return found;
}

function countedIn(buffer: Buffer, from: number, to: number): CountedPackets {
  let [packets, bytes] = [0, 0];
  eachAttribute(buffer, from, to, (type, start) => {
    if (type === NFTA_COUNTER.PACKETS) packets = Number(buffer.readBigUInt64BE(start));
    else if (type === NFTA_COUNTER.BYTES) bytes = Number(buffer.readBigUInt64BE(start));
  });
  return { packets, bytes };
}
