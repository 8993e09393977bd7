/** What a decoded packet is: the fields that people and expectations look at, layer by layer, inner packets nested. */
import type { Family } from "../net/family.ts";

/** A record of a capture file, before decoding. */
export interface RawPacket {
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  /** Bytes on the wire; `data` may be shorter (snaplen). */
  readonly length: number;
  readonly data: Uint8Array;
}

export interface LinkLayer {
  readonly srcMac?: string | undefined;
  /** Not known in Linux cooked captures (`-i any`). */
  readonly dstMac?: string | undefined;
  /** EtherType of what follows (after VLAN tags). */
  readonly etherType: number;
  /** 802.1Q tags, outermost first. */
  readonly vlans: readonly number[];
  /** Linux cooked captures only: the device's index (SLL2) and whether this machine sent the packet. */
  readonly ifindex?: number | undefined;
  readonly outgoing?: boolean | undefined;
}

export interface ArpLayer {
  readonly op: "request" | "reply" | number;
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
}

export interface IpLayer {
  readonly family: Family;
  readonly src: string;
  readonly dst: string;
  /** IPv4 TTL or IPv6 hop limit. */
  readonly ttl: number;
  /** IP protocol number of what follows all extension headers. */
  readonly protocol: number;
  /** IPv4 DF. */
  readonly df: boolean;
  /** A fragment: byte offset and whether more follow. Transport ports are only in the first one. */
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean } | undefined;
  /** Bytes of the packet as its header says, header included. */
  readonly length: number;
}

export interface TcpLayer {
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  /** In the order SYN FIN RST PSH ACK URG ECE CWR. */
  readonly flags: readonly string[];
  readonly window: number;
  /** Payload bytes. */
  readonly length: number;
}

export interface PortsLayer {
  readonly sport: number;
  readonly dport: number;
  /** Payload bytes. */
  readonly length: number;
}

export interface IcmpLayer {
  readonly type: number;
  readonly code: number;
  /** `echo-request`, `frag-needed`, `neighbor-solicitation` …, or the number. */
  readonly name: string;
  readonly id?: number | undefined;
  readonly seq?: number | undefined;
  /** Next-hop MTU of frag-needed and packet-too-big. */
  readonly mtu?: number | undefined;
  /** Target of neighbour solicitation and advertisement. */
  readonly target?: string | undefined;
  /** The packet that an error quotes. */
  readonly quoted?: Packet | undefined;
}

export interface VxlanLayer {
  readonly vni: number;
  readonly inner: Packet;
}

/** Another packet inside of IP. */
export interface TunnelLayer {
  /** `IPIP`, `IPv6 in IP`, `GRE, key 5`. */
  readonly name: string;
  readonly inner: Packet;
}

export interface Packet {
  readonly link?: LinkLayer | undefined;
  readonly arp?: ArpLayer | undefined;
  readonly ip?: IpLayer | undefined;
  readonly tcp?: TcpLayer | undefined;
  readonly udp?: PortsLayer | undefined;
  readonly sctp?: PortsLayer | undefined;
  readonly icmp?: IcmpLayer | undefined;
  readonly vxlan?: VxlanLayer | undefined;
  /** DNS in one line, for packets from or to port 53. */
  readonly dns?: string | undefined;
  readonly tunnel?: TunnelLayer | undefined;
  /** `spi 0x00000001, seq 5, length 84`: IPsec's payload, alone or in UDP. */
  readonly esp?: string | undefined;
  /** `handshake initiation`. */
  readonly wireguard?: string | undefined;
  /** The first line of a message: `GET / (Host: web)`, `200 OK`; of HTTP/2 its frames: `HTTP/2 stream 1: CONNECT 10.244.1.2:80`. */
  readonly http?: string | undefined;
  /** `ClientHello, SNI example.com`. */
  readonly tls?: string | undefined;
  /** Why decoding stopped early: `truncated TCP header`. */
  readonly problem?: string | undefined;
}

/** A packet of a capture, with when and where. */
export interface CapturedPacket {
  readonly time: bigint;
  readonly length: number;
  /** `node1/eth0`; for captures on `any` the interface comes from the packet where it is known. */
  readonly place: string;
  readonly packet: Packet;
}
