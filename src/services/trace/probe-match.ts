/** How nf_tables recognises a probe's packets, and no others, whatever NAT does to their addresses. */
import { compare, immediate, metaLoad, metaSet, META_KEY, payload } from "../../kernel/nftables/expressions.ts";
import type { Expression } from "../../kernel/nftables/expressions.ts";
import { IPPROTO } from "../../capture/decode-transport.ts";
import type { Probe } from "../probe/protocol.ts";
import { UDP_PROBE } from "../serve/answer.ts";
import type { ProbeMarks } from "../probe/attempt.ts";

const TRANSPORT = 2;
/** Bytes that one comparison takes at most: a register. */
const REGISTER = 16;
/** Bytes of a ping's payload that have the time and the whole pattern. */
const PATTERN_END = 32;

/** Bytes of a packet of one of the protocols, counted from its transport header on. */
interface TransportBytes {
  readonly protocols: readonly number[];
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** How rules and reports recognise a probe's packets. */
export interface ProbeMatch {
  /** Rules that mark them for nft trace, each a list of expressions; none: rules cannot be traced for such a probe. */
  readonly rules: readonly (readonly Expression[])[];
  /** Of a packet's two headers, with 12 bytes behind UDP's and ICMP's. Absent: nothing in them says it. */
  readonly isOwn?: ((packet: Buffer) => boolean) | undefined;
}

export function matchOf(probe: Probe, marks: ProbeMarks): ProbeMatch {
  const rules = bytesOf(probe, marks).flatMap(markingRules);
  if (probe.kind === "ping" || probe.kind === "udp" || probe.kind === "sctp") return { rules };
  if (probe.kind === "dns" && probe.protocol === "udp")
    return { rules, isOwn: (packet) => readWord(transportOf(packet), 8) === marks.dnsId };
  const answered = marks.advance === 0 ? undefined : answerTo(marks);
  return {
    rules,
    isOwn: (packet) => {
      const tcp = transportOf(packet);
      return tcp.length >= 12 && (tcp.readUInt32BE(4) === marks.sequence || tcp.readUInt32BE(8) === answered);
    },
  };
}

function markingRules({ protocols, at, bytes }: TransportBytes): readonly (readonly Expression[])[] {
  return protocols.map((protocol) => [
    metaLoad(META_KEY.L4PROTO, 1),
    compare(1, true, Uint8Array.of(protocol)),
    payload(TRANSPORT, at, bytes.length, 1),
    compare(1, true, bytes),
    immediate(1, Uint8Array.of(1)),
    metaSet(META_KEY.NFTRACE, 1),
  ]);
}

function transportOf(packet: Buffer): Buffer {
  return packet.subarray((packet[0] ?? 0) >> 4 === 6 ? 40 : ((packet[0] ?? 0) & 15) * 4);
}

function readWord(bytes: Buffer, at: number): number | undefined {
  return bytes.length < at + 2 ? undefined : bytes.readUInt16BE(at);
}

function answerTo({ sequence, advance = 1 }: ProbeMarks): number {
  return (sequence + advance) % 0x1_0000_0000;
}

function bytesOf(probe: Probe, marks: ProbeMarks): readonly TransportBytes[] {
  switch (probe.kind) {
    case "tcp":
    case "http":
      return streamBytes(marks);
    case "dns": {
      const id = Buffer.alloc(2);
      id.writeUInt16BE(marks.dnsId);
      return probe.protocol === "tcp" ? streamBytes(marks) : [{ protocols: [IPPROTO.udp], at: 8, bytes: id }];
    }
    case "udp": {
      const payload = Buffer.from(marks.token, "latin1").subarray(0, REGISTER);
      if (marks.plain === true)
        return payload.length === 0 ? [] : [{ protocols: [IPPROTO.udp], at: 8, bytes: payload }];
      const token = Buffer.from(marks.token, "latin1").subarray(0, REGISTER);
      return [{ protocols: [IPPROTO.udp], at: 8 + UDP_PROBE.length + 1, bytes: token }];
    }
    case "ping":
      if (marks.pingSequence !== undefined) {
        const echo = Buffer.alloc(4);
        echo.writeUInt16BE(marks.pingId);
        echo.writeUInt16BE(marks.pingSequence, 2);
        return [{ protocols: [IPPROTO.icmp, IPPROTO.icmpv6], at: 4, bytes: echo }];
      }
      // Behind ICMP's header and the time that ping(8) puts there; the pattern repeats with its own length. Smaller ones have none.
      if ((probe.size ?? PATTERN_END) < PATTERN_END) return [];
      return [{ protocols: [IPPROTO.icmp, IPPROTO.icmpv6], at: 24, bytes: Buffer.from(marks.pingPattern, "hex") }];
    default:
      return [];
  }
}

/** The SYN, and what answers it. */
function streamBytes(marks: ProbeMarks): readonly TransportBytes[] {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const sent = { protocols: [IPPROTO.tcp], at: 4, bytes: number(marks.sequence) };
  return marks.advance === 0 ? [sent] : [sent, { ...sent, at: 8, bytes: number(answerTo(marks)) }];
}
