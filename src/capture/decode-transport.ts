/** Decodes what IP carries: TCP, UDP (with VXLAN and DNS inside), SCTP ports, ICMP and ICMPv6 with neighbour discovery. */
import { ipText } from "../net/address-bytes.ts";
import { formatDns, formatDnsOverTcp } from "./dns.ts";
import { icmpName, isFragNeeded, isIcmpError } from "./icmp.ts";
import { formatHttp } from "./http.ts";
import type { Http2Connections } from "./http2-connections.ts";
import type { IcmpLayer, IpLayer, Packet, PortsLayer, TcpLayer } from "./packet.ts";
import { formatTls } from "./tls.ts";
import { decodeEsp, decodeGue, decodeTunnel, GUE_PORT } from "./tunnel.ts";
import { formatWireguard } from "./wireguard.ts";

export const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;
const TCP_FLAGS = [
  ["SYN", 0x02],
  ["FIN", 0x01],
  ["RST", 0x04],
  ["PSH", 0x08],
  ["ACK", 0x10],
  ["URG", 0x20],
  ["ECE", 0x40],
  ["CWR", 0x80],
] as const;
const DNS_PORT = 53;
const ESP_PORT = 4500;

/** Decodes what a packet carries of another one. */
export interface Inside {
  /** UDP ports on which there may be VXLAN. */
  readonly vxlanPorts: ReadonlySet<number>;
  readonly http2: Http2Connections;
  /** The Ethernet frame in VXLAN. */
  readonly frame: (data: Uint8Array) => Packet;
  /** The IP packet in a tunnel. */
  readonly packet: (data: Uint8Array) => Packet;
  /** The start of an IP packet, in an ICMP error. */
  readonly quoted: (data: Uint8Array) => Packet;
}

/** `length` is what the IP header says of the payload; `data` may be shorter. */
export function decodeTransport(data: Uint8Array, ip: IpLayer, length: number, inside: Inside): Packet {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (ip.protocol) {
    case IPPROTO.tcp:
      return decodeTcp(data, view, ip, length, inside);
    case IPPROTO.udp: {
      if (data.length < 8) return { problem: "truncated UDP header" };
      const udp = { sport: view.getUint16(0), dport: view.getUint16(2), length: Math.max(0, length - 8) };
      const body = data.subarray(8);
      // The flag byte must announce a VNI (RFC 7348): other traffic on these ports is not taken for VXLAN.
      if (inside.vxlanPorts.has(udp.dport) && body.length >= 8 && ((body[0] ?? 0) & 0x08) !== 0) {
        return { udp, vxlan: { vni: view.getUint32(12) >>> 8, inner: inside.frame(body.subarray(8)) } };
      }
      const gue = udp.dport === GUE_PORT ? decodeGue(body, inside) : undefined;
      const above = gue ?? decodeOverUdp(body, udp);
      if (above !== undefined) return { udp, ...above };
      const dns = udp.sport === DNS_PORT || udp.dport === DNS_PORT ? formatDns(body) : undefined;
      return dns === undefined ? { udp } : { udp, dns };
    }
    case IPPROTO.sctp:
      if (data.length < 12) return { problem: "truncated SCTP header" };
      return { sctp: { sport: view.getUint16(0), dport: view.getUint16(2), length: Math.max(0, length - 12) } };
    case IPPROTO.icmp:
    case IPPROTO.icmpv6:
      return decodeIcmp(data, view, ip, inside);
    default:
      return decodeTunnel(data, ip, length, { frame: inside.frame, packet: inside.packet }) ?? {};
  }
}

/** ESP on the port of RFC 3948, where four zero bytes would begin IKE; WireGuard. */
function decodeOverUdp(body: Uint8Array, { sport, dport, length }: PortsLayer): Packet | undefined {
  const isIke = body.length < 8 || body.subarray(0, 4).every((byte) => byte === 0);
  if ((sport === ESP_PORT || dport === ESP_PORT) && !isIke) return decodeEsp(body, length);
  const wireguard = formatWireguard(body, [sport, dport]);
  return wireguard === undefined ? undefined : { wireguard };
}

function decodeTcp(data: Uint8Array, view: DataView, ip: IpLayer, length: number, { http2 }: Inside): Packet {
  // An ICMP error may quote no more than the first 8 bytes: ports and sequence number.
  if (data.length < 8) return { problem: "truncated TCP header" };
  const ports = { sport: view.getUint16(0), dport: view.getUint16(2), seq: view.getUint32(4) };
  if (data.length < 20)
    return { tcp: { ...ports, ack: 0, flags: [], window: 0, length: 0 }, problem: "truncated TCP header" };
  const bits = data[13] ?? 0;
  const header = ((data[12] ?? 0) >> 4) * 4;
  const tcp: TcpLayer = {
    ...ports,
    ack: view.getUint32(8),
    flags: TCP_FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name),
    window: view.getUint16(14),
    length: Math.max(0, length - header),
  };
  const payload = data.subarray(header);
  if (ports.sport === DNS_PORT || ports.dport === DNS_PORT) {
    const dns = formatDnsOverTcp(payload);
    if (dns !== undefined) return { tcp, dns };
  }
  const http = http2.read(ip, tcp, payload) ?? formatHttp(payload);
  if (http !== undefined) return http === "" ? { tcp } : { tcp, http };
  const tls = formatTls(payload);
  return tls === undefined ? { tcp } : { tcp, tls };
}

function decodeIcmp(data: Uint8Array, view: DataView, ip: IpLayer, { quoted }: Inside): Packet {
  if (data.length < 4) return { problem: "truncated ICMP header" };
  const type = data[0] ?? 0;
  const code = data[1] ?? 0;
  const name = icmpName(ip.family, type, code);
  const icmp: { -readonly [K in keyof IcmpLayer]: IcmpLayer[K] } = { type, code, name };
  if (name.startsWith("echo-") && data.length >= 8) {
    icmp.id = view.getUint16(4);
    icmp.seq = view.getUint16(6);
  }
  if (isFragNeeded(ip.family, type, code) && data.length >= 8) {
    icmp.mtu = ip.family === "ipv4" ? view.getUint16(6) : view.getUint32(4);
  }
  if (ip.family === "ipv6" && (type === 135 || type === 136) && data.length >= 24) icmp.target = ipText(data, 8, 24);
  if (isIcmpError(ip.family, type) && data.length > 8) icmp.quoted = quoted(data.subarray(8));
  return { icmp };
}
