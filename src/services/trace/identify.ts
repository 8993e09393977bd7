/**
 * Which of the captured packets belong to one probe, whatever NAT did to their addresses: TCP by its initial sequence
 * number, UDP by the token in its payload, DNS by id and question, ICMP by its payload or id. Also inside VXLAN on any
 * port, and quoted in ICMP errors.
 */
import { joinHostPort } from "../../net/host-port.ts";
import { decodeTunnelled } from "../../capture/decode.ts";
import { innerPacket } from "../../capture/match.ts";
import { IPPROTO } from "../../capture/decode-transport.ts";
import type { IcmpLayer, IpLayer, Packet, PortsLayer } from "../../capture/packet.ts";
import { LINKTYPE } from "../../capture/pcap.ts";
import { UDP_PROBE } from "../serve/answer.ts";
import type { Probe } from "../probe/protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import type { Tuple } from "../../kernel/conntrack-entry.ts";
import type { OuterHeader, Sighting } from "./protocol.ts";

/** What identifies this probe. */
export interface Signature extends ProbeMarks {
  readonly kind: Probe["kind"];
  /** Over TCP: http, tcp and dns/tcp. */
  readonly stream: boolean;
  readonly port: number;
  readonly localPort: number | undefined;
  /** Ports that identify this connection; the initial sequence number alone identifies the SYN. */
  readonly ports: ReadonlySet<number>;
  /** Ends of UDP's answers, as they were seen to be asked for: see udpEnds(). */
  readonly answers: ReadonlySet<string>;
  /** Question section's name as it is on the wire, in lower case, as latin1; dns only. */
  readonly question: string | undefined;
}

export interface Identified {
  readonly forward: boolean;
  /** `opening`: TCP's SYN and the answer to it, and every packet of other protocols; `later`: the rest of a connection. */
  readonly stage: "opening" | "later";
  readonly encapsulated: boolean;
  readonly text: string;
  /** The ports that TCP has here. */
  readonly ports: readonly number[];
  readonly seen: Pick<Sighting, "ttl" | "length" | "icmpId" | "outer">;
  /** Its ends, for connection tracking. */
  readonly tuple: Tuple;
  /** Set when it is an ICMP error about the probe's packet. */
  readonly error?: { readonly from: string; readonly to: string; readonly says: string } | undefined;
}

/** Sequence numbers so far behind the initial one are still this connection's. */
export const WINDOW = 0x10000;

/** A payload of so many bytes identifies a packet. */
const LEAST_TOKEN = 8;

/** `bytes` from the IP header on. */
export function identify(bytes: Buffer, signature: Signature): Identified | undefined {
  const outer = decodeTunnelled(bytes, LINKTYPE.raw);
  const { packet, around } = innermost(outer);
  const found = identifyInner(packet, bytes, signature);
  if (found === undefined) return undefined;
  const tunnel = around.map(({ tunnel: name, ip }) => ` in ${name} ${ip.src} > ${ip.dst}`).join("");
  const headers = around.map(({ tunnel: name, ip, udp }): OuterHeader => {
    const end = (address: string, port: number | undefined): string =>
      port === undefined ? address : joinHostPort(address, port);
    const { ttl, length } = ip;
    return { tunnel: name, from: end(ip.src, udp?.sport), to: end(ip.dst, udp?.dport), ttl, length };
  });
  const { ttl = 0, length = 0 } = packet.ip ?? {};
  const icmpId = packet.icmp?.id;
  const seen = {
    ttl,
    length,
    ...(icmpId === undefined ? {} : { icmpId }),
    ...(headers.length === 0 ? {} : { outer: headers }),
  };
  return { ...found, encapsulated: tunnel !== "", text: found.text + tunnel, seen, tuple: tupleOf(packet) };
}

/** The ends of a packet; ports are 0 where it has none. */
export function tupleOf({ ip, tcp, udp, sctp, icmp }: Packet): Tuple {
  const { sport: sourcePort = 0, dport: destinationPort = 0 } = tcp ?? udp ?? sctp ?? {};
  const { src: source = "", dst: destination = "", protocol = 0 } = ip ?? {};
  return { protocol, source, sourcePort, destination, destinationPort, icmpId: icmp?.id };
}

type Around = Pick<Packet, "udp"> & { readonly tunnel: string; readonly ip: IpLayer };

function innermost(outer: Packet): { packet: Packet; around: readonly Around[] } {
  let packet = outer;
  const around: Around[] = [];
  for (let inner = innerPacket(packet); inner?.ip !== undefined; inner = innerPacket(packet)) {
    const { vxlan, tunnel, ip, udp } = packet;
    if (ip !== undefined)
      around.push({ tunnel: vxlan === undefined ? (tunnel?.name ?? "") : `VXLAN vni ${vxlan.vni}`, ip, udp });
    packet = inner;
  }
  return { packet, around };
}

type Found = Omit<Identified, "encapsulated" | "seen" | "tuple">;
type Own = Pick<Identified, "forward" | "stage">;

function identifyInner(packet: Packet, bytes: Buffer, signature: Signature): Found | undefined {
  const { icmp, ip } = packet;
  if (ip === undefined) return undefined;
  if (icmp?.quoted !== undefined) {
    const about = own(icmp.quoted, bytes, signature);
    if (about === undefined) return undefined;
    const says = `${complaint(icmp, ip.protocol === IPPROTO.icmpv6)}${about.forward ? "" : " about the answer"}`;
    return {
      forward: !about.forward,
      stage: about.stage,
      ports: [],
      text: `${ip.src} > ${ip.dst} ICMP ${says}`,
      error: { from: ip.src, to: ip.dst, says },
    };
  }
  const found = own(packet, bytes, signature);
  return found === undefined ? undefined : { ...found, ports: portsOf(packet), text: describe(packet) };
}

/** Is it the probe's packet (forward) or the answer to it? */
function own(packet: Packet, bytes: Buffer, signature: Signature): Own | undefined {
  if (signature.stream) return ownTcp(packet, signature);
  if (signature.kind === "ping") return ownPing(packet, bytes, signature);
  if (packet.udp === undefined) return undefined;
  return signature.kind === "dns" ? ownDns(bytes, signature) : ownUdp(packet, packet.udp, bytes, signature);
}

function ownTcp(packet: Packet, { sequence, ports, advance }: Signature): Own | undefined {
  const { tcp } = packet;
  if (tcp === undefined) return undefined;
  const sent = (tcp.seq - sequence) >>> 0;
  // A quoted segment may end behind its sequence number, without flags.
  if (sent === 0 && !tcp.flags.includes("RST")) return { forward: true, stage: "opening" };
  if (!portsOf(packet).some((port) => ports.has(port))) return undefined;
  const acked = (tcp.ack - sequence) >>> 0;
  if (tcp.flags.includes("ACK") && acked > 0 && acked < WINDOW) {
    const opening =
      advance === undefined
        ? acked === 1 && tcp.length === 0 && (tcp.flags.includes("SYN") || tcp.flags.includes("RST"))
        : acked === advance;
    return { forward: false, stage: opening ? "opening" : "later" };
  }
  return sent < WINDOW ? { forward: true, stage: "later" } : undefined;
}

function portsOf({ tcp }: Packet): number[] {
  return tcp === undefined ? [] : [tcp.sport, tcp.dport];
}

/** From where to where, with ports. */
export function udpEnds({ source, sourcePort, destination, destinationPort }: Tuple): string {
  return `${source} ${sourcePort} ${destination} ${destinationPort}`;
}

function ownUdp(packet: Packet, udp: PortsLayer, bytes: Buffer, signature: Signature): Own | undefined {
  if (signature.answers.has(udpEnds(tupleOf(packet)))) return { forward: false, stage: "opening" };
  const { token, localPort, port } = signature;
  if (signature.plain === true) {
    // Other senders may have the same short payload: then one of its ports has to be the probe's as well.
    if (token.length < LEAST_TOKEN && udp.sport !== localPort && udp.dport !== port) return undefined;
    if (token === "" ? udp.length !== 0 : udp.length < token.length) return undefined;
  }
  if (!bytes.includes(token, 0, "latin1")) return undefined;
  if (signature.plain === true) return { forward: true, stage: "opening" };
  // The built-in server's answer is JSON around the token; an echo server's is recognised by its ports.
  const before = bytes.toString("latin1", 0, bytes.indexOf(`${UDP_PROBE} ${token}`, 0, "latin1"));
  const json = before.includes('{"hostname"');
  const backwards = udp.dport === localPort || (udp.sport === port && udp.dport !== port && udp.sport !== localPort);
  return { forward: !json && !backwards, stage: "opening" };
}

function ownDns(bytes: Buffer, { question, dnsId }: Signature): Own | undefined {
  const at = question === undefined ? -1 : bytes.toString("latin1").toLowerCase().indexOf(question);
  if (at < 12 || bytes.readUInt16BE(at - 12) !== dnsId) return undefined;
  return { forward: ((bytes[at - 10] ?? 0) & 0x80) === 0, stage: "opening" };
}

function ownPing({ icmp }: Packet, bytes: Buffer, { pingId, pingPattern, pingSequence }: Signature): Own | undefined {
  if (icmp?.name !== "echo-request" && icmp?.name !== "echo-reply") return undefined;
  if (pingSequence !== undefined && icmp.seq !== pingSequence) return undefined;
  if (icmp.id !== pingId && !bytes.includes(pingPattern, 0, "hex")) return undefined;
  return { forward: icmp.name === "echo-request", stage: "opening" };
}

/** `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`; `bytes` from the IP header on, its payload may be missing. */
export function describePacket(bytes: Buffer): string {
  return describe(decodeTunnelled(bytes, LINKTYPE.raw));
}

function describe({ ip, tcp, udp, icmp }: Packet): string {
  const [src = "", dst = ""] = [ip?.src, ip?.dst];
  const ports = tcp ?? udp;
  if (ports === undefined) return `${src} > ${dst} ICMP ${icmp?.name ?? ""}`.trimEnd();
  const ends = `${joinHostPort(src, ports.sport)} > ${joinHostPort(dst, ports.dport)}`;
  if (tcp === undefined) return `${ends} UDP`;
  return `${ends} TCP ${tcp.flags.join(" ")}${tcp.length > 0 ? ` ${tcp.length} bytes` : ""}`;
}

/** `Destination Host Unreachable`, as ping(8) prints it. */
function complaint(icmp: IcmpLayer, six: boolean): string {
  if (icmp.mtu !== undefined) return `${six ? "Packet too big" : "Frag needed"}, mtu ${icmp.mtu}`;
  const known = (six ? WORDS_V6 : WORDS_V4)[`${icmp.type}/${icmp.code}`];
  return known ?? `${icmp.name} (type ${icmp.type} code ${icmp.code})`;
}

const WORDS_V4: Readonly<Record<string, string>> = {
  "3/0": "Destination Net Unreachable",
  "3/1": "Destination Host Unreachable",
  "3/2": "Destination Protocol Unreachable",
  "3/3": "Destination Port Unreachable",
  "3/9": "Destination Net Prohibited",
  "3/10": "Destination Host Prohibited",
  "3/13": "Packet filtered",
  "5/0": "Redirect Network",
  "5/1": "Redirect Host",
  "11/0": "Time to live exceeded",
  "11/1": "Frag reassembly time exceeded",
};

const WORDS_V6: Readonly<Record<string, string>> = {
  "1/0": "No route",
  "1/1": "Administratively prohibited",
  "1/3": "Address unreachable",
  "1/4": "Port unreachable",
  "1/5": "Source address failed ingress/egress policy",
  "1/6": "Reject route to destination",
  "3/0": "Hop limit exceeded",
};
