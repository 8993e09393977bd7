/** netem, as `tc qdisc … netem` makes it (linux/pkt_sched.h: struct tc_netem_qopt and TCA_NETEM_*). */
import type { Netem, ObservedNetem } from "../../resources/netem/definition.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import { NLM_F_CREATE, NLM_F_REPLACE, RTM, TC_H_ROOT, TCA } from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import type { Rtnl } from "../rtnl.ts";

/** latency, limit, loss, gap, duplicate, jitter: 32 bits each; times are in the attributes, as nanoseconds. */
const QOPT = 24;
const AT = { limit: 4, loss: 8, gap: 12, duplicate: 16 } as const;
/** Shares are followed by a correlation, which is 0. The seed is taken since Linux 6.6, and ignored before. */
const TCA_NETEM = { REORDER: 3, CORRUPT: 4, LATENCY64: 10, JITTER64: 11, PRNG_SEED: 14 } as const;
const NANOSECONDS = 1_000_000;
const ALL = 0xffffffff;

function share(percent: number): number {
  return Math.round((percent / 100) * ALL);
}

function percentOf(value: number): number {
  return (value / ALL) * 100;
}

function probability(percent: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(share(percent), 0);
  return bytes;
}

/** In place of the root qdisc that there is. */
export function setNetem(rtnl: Rtnl, dev: string, netem: Netem): void {
  rtnl.request(() => {
    const message = new Message(RTM.NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, 20)
      .bodyU32(4, rtnl.index(dev))
      .bodyU32(12, TC_H_ROOT)
      .string(TCA.KIND, "netem");
    return message.nest(
      TCA.OPTIONS,
      (options, at) => {
        options.buffer.writeUInt32LE(netem.limit, at + AT.limit);
        options.buffer.writeUInt32LE(share(netem.loss), at + AT.loss);
        // Without a gap the kernel reorders nothing.
        options.buffer.writeUInt32LE(netem.reorder > 0 ? 1 : 0, at + AT.gap);
        options.buffer.writeUInt32LE(share(netem.duplicate), at + AT.duplicate);
        options.u64(TCA_NETEM.LATENCY64, BigInt(Math.round(netem.delay * NANOSECONDS)));
        options.u64(TCA_NETEM.JITTER64, BigInt(Math.round(netem.jitter * NANOSECONDS)));
        options.bytes(TCA_NETEM.REORDER, probability(netem.reorder));
        options.bytes(TCA_NETEM.CORRUPT, probability(netem.corrupt));
        options.u64(TCA_NETEM.PRNG_SEED, BigInt(netem.seed));
      },
      QOPT,
    );
  });
}

/** TCA_OPTIONS of a netem qdisc. */
export function decodeNetem(buffer: Buffer, start: number, end: number): ObservedNetem {
  const at = (offset: number): number => buffer.readUInt32LE(start + offset);
  const found = { delay: 0, jitter: 0, reorder: 0, corrupt: 0 };
  eachAttribute(buffer, start + QOPT, end, (type, from) => {
    if (type === TCA_NETEM.LATENCY64) found.delay = Number(buffer.readBigInt64LE(from)) / NANOSECONDS;
    else if (type === TCA_NETEM.JITTER64) found.jitter = Number(buffer.readBigInt64LE(from)) / NANOSECONDS;
    else if (type === TCA_NETEM.REORDER) found.reorder = percentOf(buffer.readUInt32LE(from));
    else if (type === TCA_NETEM.CORRUPT) found.corrupt = percentOf(buffer.readUInt32LE(from));
  });
  return { ...found, limit: at(AT.limit), loss: percentOf(at(AT.loss)), duplicate: percentOf(at(AT.duplicate)) };
}
