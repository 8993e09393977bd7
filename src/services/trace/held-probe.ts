/** What is asked of a trace about a packet that others have sent, and by what it is recognised everywhere. */
import { decodePacket } from "../../capture/decode.ts";
import { LINKTYPE } from "../../capture/pcap.ts";
import type { Probe } from "../probe/protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import { randomMarks } from "./random-marks.ts";

/** Bytes of a payload that are looked for. */
const TOKEN = 64;
const PATTERN = 16;
const DNS = 53;

export interface HeldProbe {
  readonly probe: Probe;
  readonly marks: ProbeMarks;
  /** Its address. */
  readonly sender: string;
  readonly localPort?: number | undefined;
  /** Something is to answer it: a SYN, a query, an echo request. */
  readonly answered: boolean;
}

/** `bytes`: from the IP header on. Undefined: neither TCP, UDP nor an echo request. */
export function heldProbe(ns: string, bytes: Buffer, timeout: number): HeldProbe | undefined {
  const { ip, tcp, udp, icmp } = decodePacket(bytes, LINKTYPE.raw);
  if (ip === undefined || ip.fragment !== undefined) return undefined;
  const marks = randomMarks();
  const transport = bytes.subarray((bytes[0] ?? 0) >> 4 === 6 ? 40 : ((bytes[0] ?? 0) & 15) * 4);
  const to = { ns, to: ip.dst, timeout };
  const sender = ip.src;
  if (tcp !== undefined) {
    const counted = ["SYN", "FIN"].filter((flag) => tcp.flags.includes(flag)).length + tcp.length;
    return {
      probe: { kind: "tcp", ...to, port: tcp.dport },
      marks: { ...marks, sequence: tcp.seq, ...(tcp.flags.includes("SYN") ? {} : { advance: counted }) },
      localPort: tcp.sport,
      answered: counted > 0,
      sender,
    };
  }
  if (udp !== undefined) {
    const payload = transport.subarray(8);
    const name = udp.dport === DNS ? nameIn(payload) : undefined;
    if (name !== undefined)
      return {
        probe: { kind: "dns", ...to, port: udp.dport, protocol: "udp", query: name, type: "A" },
        marks: { ...marks, dnsId: payload.readUInt16BE(0) },
        localPort: udp.sport,
        answered: true,
        sender,
      };
    const token = payload.toString("latin1", 0, TOKEN);
    const plain = { ...marks, token, plain: true as const };
    return {
      probe: { kind: "udp", ...to, port: udp.dport },
      marks: plain,
      localPort: udp.sport,
      answered: false,
      sender,
    };
  }
  if (icmp?.name !== "echo-request") return undefined;
  const payload = transport.subarray(8);
  const pattern = payload.length < PATTERN ? marks.pingPattern : payload.toString("hex", 0, PATTERN);
  return {
    probe: { kind: "ping", ...to, count: 1, df: ip.df, size: payload.length },
    marks: { ...marks, pingId: icmp.id ?? 0, pingSequence: icmp.seq ?? 0, pingPattern: pattern },
    answered: true,
    sender,
  };
}

/** The name that a query asks for. */
function nameIn(message: Buffer): string | undefined {
  const labels: string[] = [];
  for (let at = 12; at < message.length;) {
    const length = message[at] ?? 0;
    if (length === 0) return labels.length === 0 ? undefined : labels.join(".");
    if (length > 63) return undefined;
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return undefined;
}
