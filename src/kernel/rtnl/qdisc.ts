/** Queueing disciplines: the token bucket filter, as `tc qdisc … tbf rate R burst B latency L` makes it. */
import type { NamespaceState } from "../../resources/observed.ts";
import { eachAttribute, readString } from "../netlink/attribute.ts";
import { NLM_F_CREATE, NLM_F_REPLACE, RTM, TC_H_INGRESS, TC_H_ROOT, TCA, TCA_TBF } from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import type { ObservedNetem } from "../../resources/netem/definition.ts";
import { decodeNetem } from "./netem.ts";
import { unless, type Rtnl } from "../rtnl.ts";

export interface Tbf {
  readonly dev: string;
  /** Bits per second. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
  /** Milliseconds that a packet may wait. */
  readonly latency: number;
}

type ObservedQdisc = NamespaceState["qdiscs"][number];

/** struct tc_tbf_qopt: two tc_ratespec of 12 bytes, limit, buffer, mtu. */
const TBF_QOPT = 36;
const RATE_AT = 8;
const LIMIT_AT = 24;
const BUFFER_AT = 28;
const LINKLAYER_ETHERNET = 1;
/** One tick of the packet scheduler's clock: 64 ns (PSCHED_SHIFT). */
const TICK_SECONDS = 64e-9;

/** `tc qdisc replace dev DEV root tbf …`. */
export function setTbf(rtnl: Rtnl, tbf: Tbf): void {
  const bytesPerSecond = Math.max(1, Math.round(tbf.rate / 8));
  const limit = Math.floor((bytesPerSecond * tbf.latency) / 1000 + tbf.burst);
  rtnl.request(() => {
    const message = new Message(RTM.NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, 20)
      .bodyU32(4, rtnl.index(tbf.dev))
      .bodyU32(12, TC_H_ROOT)
      .string(TCA.KIND, "tbf");
    return message.nest(TCA.OPTIONS, (options) => {
      const parms = Buffer.alloc(TBF_QOPT);
      parms.writeUInt8(LINKLAYER_ETHERNET, 1);
      parms.writeUInt32LE(Math.min(bytesPerSecond, 0xffffffff), RATE_AT);
      parms.writeUInt32LE(Math.min(limit, 0xffffffff), LIMIT_AT);
      parms.writeUInt32LE(Math.min(Math.floor(tbf.burst / bytesPerSecond / TICK_SECONDS), 0xffffffff), BUFFER_AT);
      options.bytes(TCA_TBF.PARMS, parms);
      if (bytesPerSecond > 0xffffffff) options.u64(TCA_TBF.RATE64, BigInt(bytesPerSecond));
      options.u32(TCA_TBF.BURST, tbf.burst);
    });
  });
}

/** `tc qdisc del dev DEV root`; does nothing when there is none, or no device. */
export function deleteRootQdisc(rtnl: Rtnl, dev: string): void {
  // ENOENT: there is only the kernel's default qdisc
  unless(["ENOENT", "ENODEV", "EINVAL"], () =>
    rtnl.request(() => new Message(RTM.DELQDISC, 0, 20).bodyU32(4, rtnl.index(dev)).bodyU32(12, TC_H_ROOT)),
  );
}

/** Root and ingress qdiscs of all devices; the kernel's default `noqueue` left out. */
export function dumpQdiscs(rtnl: Rtnl, name: (index: number) => string): ObservedQdisc[] {
  return rtnl.socket.dump(new Message(RTM.GETQDISC, 0, 20), (buffer, start, end) => {
    if (![TC_H_ROOT, TC_H_INGRESS].includes(buffer.readUInt32LE(start + 12))) return undefined;
    let kind = "";
    let figures: Omit<Tbf, "dev"> | { readonly netem: ObservedNetem } | undefined;
    eachAttribute(buffer, start + 20, end, (type, from, to) => {
      if (type === TCA.KIND) kind = readString(buffer, from, to);
      else if (type === TCA.OPTIONS && kind === "tbf") figures = decodeTbf(buffer, from, to);
      else if (type === TCA.OPTIONS && kind === "netem") figures = { netem: decodeNetem(buffer, from, to) };
    });
    if (kind === "noqueue") return undefined;
    return { dev: name(buffer.readInt32LE(start + 4)), kind, ...figures } satisfies ObservedQdisc;
  });
}

function decodeTbf(buffer: Buffer, start: number, end: number): Omit<Tbf, "dev"> {
  let bytesPerSecond = 0;
  let limit = 0;
  let ticks = 0;
  eachAttribute(buffer, start, end, (type, from) => {
    if (type === TCA_TBF.PARMS) {
      bytesPerSecond ||= buffer.readUInt32LE(from + RATE_AT);
      limit = buffer.readUInt32LE(from + LIMIT_AT);
      ticks = buffer.readUInt32LE(from + BUFFER_AT);
    } else if (type === TCA_TBF.RATE64) {
      bytesPerSecond = Number(buffer.readBigUInt64LE(from));
    }
  });
  const burst = roundest(bytesPerSecond * ticks * TICK_SECONDS, bytesPerSecond * 2 * TICK_SECONDS);
  const latency = ((limit - burst) / bytesPerSecond) * 1000;
  return { rate: bytesPerSecond * 8, burst, latency: Math.round(latency * 1000) / 1000 };
}

/** The kernel keeps the burst as time and rounds it down; of the sizes that it may have been, the roundest. */
function roundest(low: number, slack: number): number {
  for (const unit of [1_048_576, 1_000_000, 100_000, 65_536, 10_000, 1024, 1000, 100, 64, 10, 1]) {
    const candidate = Math.ceil(low / unit - 1e-9) * unit;
    if (candidate <= low + slack) return candidate;
  }
  return Math.ceil(low - 1e-9);
}
