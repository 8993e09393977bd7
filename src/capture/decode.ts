/** Decodes a captured frame from its link layer on: Ethernet, Linux cooked v1/v2, raw IP; VLAN tags, ARP, IP and what is above. */
import { USUAL_VXLAN_PORTS } from "../net/vxlan.ts";
import { ipText, macText } from "../net/address-bytes.ts";
import { decodeIp } from "./decode-ip.ts";
import type { Inside } from "./decode-transport.ts";
import { Http2Connections } from "./http2-connections.ts";
import type { LinkLayer, Packet } from "./packet.ts";
import { LINKTYPE } from "./pcap.ts";

const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, qinq: 0x88a8 } as const;

export interface DecodeOptions {
  /** UDP ports that carry VXLAN besides 8472 (Linux) and 4789 (IANA). */
  readonly vxlanPorts?: readonly number[] | undefined;
  /** Those of the capture that the packet is part of. Default: none is known yet. */
  readonly http2?: Http2Connections | undefined;
}

/** Never throws: what cannot be decoded is reported in `problem`. `linkType` as in the pcap header. */
export function decodePacket(
  data: Uint8Array,
  linkType: number = LINKTYPE.ethernet,
  options: DecodeOptions = {},
): Packet {
  const vxlanPorts = new Set([...USUAL_VXLAN_PORTS, ...(options.vxlanPorts ?? [])]);
  return decodeLink(data, linkType, insideOf(vxlanPorts, options.http2 ?? new Http2Connections()));
}

function insideOf(vxlanPorts: ReadonlySet<number>, http2: Http2Connections): Inside {
  const inside: Inside = {
    vxlanPorts,
    http2,
    frame: (frame) => decodeLink(frame, LINKTYPE.ethernet, inside),
    packet: (data) => decodeIp(data, inside),
    // What an ICMP error quotes is not a segment of the connection.
    quoted: (start) => decodeIp(start, insideOf(vxlanPorts, new Http2Connections())),
  };
  return inside;
}

/** The same with VXLAN on any port, taken for it only where an IP packet is inside. */
export function decodeTunnelled(data: Uint8Array, linkType: number, http2?: Http2Connections): Packet {
  const packet = decodePacket(data, linkType, { http2 });
  const port = packet.udp?.dport;
  if (port === undefined || USUAL_VXLAN_PORTS.has(port)) return packet;
  const other = decodePacket(data, linkType, { vxlanPorts: [port], http2 });
  return other.vxlan?.inner.ip === undefined ? packet : other;
}

function decodeLink(data: Uint8Array, linkType: number, inside: Inside): Packet {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (linkType) {
    case LINKTYPE.ethernet: {
      if (data.length < 14) return { problem: "truncated Ethernet header" };
      const head = { dstMac: macText(data, 0, 6), srcMac: macText(data, 6, 12) };
      return decodeEtherType(data, view, 14, view.getUint16(12), head, inside);
    }
    case LINKTYPE.linuxSll: {
      if (data.length < 16) return { problem: "truncated Linux cooked header" };
      const srcMac = view.getUint16(4) === 6 ? macText(data, 6, 12) : undefined;
      const head = { srcMac, outgoing: view.getUint16(0) === 4 };
      return decodeEtherType(data, view, 16, view.getUint16(14), head, inside);
    }
    case LINKTYPE.linuxSll2: {
      if (data.length < 20) return { problem: "truncated Linux cooked header" };
      const srcMac = data[11] === 6 ? macText(data, 12, 18) : undefined;
      const head = { srcMac, outgoing: data[10] === 4, ifindex: view.getUint32(4) };
      return decodeEtherType(data, view, 20, view.getUint16(0), head, inside);
    }
    case LINKTYPE.raw:
    case LINKTYPE.ipv4:
    case LINKTYPE.ipv6:
      return decodeIp(data, inside);
    default:
      return { problem: `link type ${linkType} is not known` };
  }
}

function decodeEtherType(
  data: Uint8Array,
  view: DataView,
  start: number,
  firstType: number,
  head: Omit<LinkLayer, "etherType" | "vlans">,
  inside: Inside,
): Packet {
  const vlans: number[] = [];
  let etherType = firstType;
  let at = start;
  while (etherType === ETHERTYPE.vlan || etherType === ETHERTYPE.qinq) {
    if (data.length < at + 4) return { link: { ...head, etherType, vlans }, problem: "truncated VLAN tag" };
    vlans.push(view.getUint16(at) & 0x0fff);
    etherType = view.getUint16(at + 2);
    at += 4;
  }
  const link: LinkLayer = { ...head, etherType, vlans };
  const rest = data.subarray(at);
  if (etherType === ETHERTYPE.arp) return { link, ...decodeArp(rest) };
  if (etherType === ETHERTYPE.ipv4 || etherType === ETHERTYPE.ipv6) {
    return { link, ...decodeIp(rest, inside) };
  }
  return { link };
}

function decodeArp(data: Uint8Array): Packet {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 28) return { problem: "truncated ARP packet" };
  if (view.getUint16(2) !== ETHERTYPE.ipv4 || data[4] !== 6 || data[5] !== 4)
    return { problem: "ARP for other than IPv4 over Ethernet" };
  const op = view.getUint16(6);
  return {
    arp: {
      op: op === 1 ? "request" : op === 2 ? "reply" : op,
      senderMac: macText(data, 8, 14),
      senderIp: ipText(data, 14, 18),
      targetMac: macText(data, 18, 24),
      targetIp: ipText(data, 24, 28),
    },
  };
}
