/** Rules that send all that a device gives out to another device, but for packets that come back. They end with this process. */
import {
  compare,
  forwardTo,
  immediate,
  META_KEY,
  metaLoad,
  metaSet,
  verdictNow,
} from "../../kernel/nftables/expressions.ts";
import { NFT_REG } from "../../kernel/nftables/constants.ts";
import { OwnedTable } from "../../kernel/nftables/owned-table.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";

/** Before the rules of other faults, which the packets meet once, when they come back. */
const PRIORITY = -600;
const CHAIN = "out";
const ACCEPT = { code: 1, chain: undefined };

export interface Diversion {
  readonly table: string;
  readonly device: string;
  /** Index of the device that gets the packets. */
  readonly to: number;
  /** Packets with this mark pass, without it. */
  readonly passing: number;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** Throws NetlinkError. */
export function divert(netns: NetnsHandle, { table, device, to, passing }: Diversion): OwnedTable {
  const { FIRST } = NFT_REG;
  const made = new OwnedTable(netns, "netdev", table, [{ name: CHAIN, hook: "egress", device, priority: PRIORITY }]);
  try {
    made.add([
      {
        chain: CHAIN,
        expressions: [
          metaLoad(META_KEY.MARK, FIRST),
          compare(FIRST, true, word(passing)),
          immediate(FIRST, word(0)),
          metaSet(META_KEY.MARK, FIRST),
          verdictNow(ACCEPT),
        ],
      },
      { chain: CHAIN, expressions: [immediate(FIRST, word(to)), forwardTo(FIRST)] },
    ]);
  } catch (error) {
    made.remove();
    throw error;
  }
  return made;
}
