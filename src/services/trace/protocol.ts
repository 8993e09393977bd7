/** The part of the protocol that reports where a probe's packet was seen. */
import type { NsName } from "../../net/place.ts";
import type { ProbeResult } from "../probe/protocol.ts";

/** One sighting of the traced packet (or of its reply) on a device. */
export interface Sighting {
  readonly ns: NsName;
  readonly iface: string;
  readonly direction: "in" | "out";
  /** False for the answer on its way back. */
  readonly forward: boolean;
  /** Inside a VXLAN packet here. */
  readonly encapsulated: boolean;
  /** Nanoseconds since the probe was started. */
  readonly atNs: number;
  /** Outer-most addresses of the traced packet as seen here, with ports: shows NAT. */
  readonly packet: string;
  /** TTL or hop limit, and bytes with its IP header, of the traced packet itself. */
  readonly ttl: number;
  readonly length: number;
  /** The identifier of an echo. */
  readonly icmpId?: number | undefined;
  /** MACs of its frame; absent where the device has none. */
  readonly macs?: { readonly from: string; readonly to: string } | undefined;
  /** Inside a tunnel: the headers around it, the outermost first. */
  readonly outer?: readonly OuterHeader[] | undefined;
}

export interface OuterHeader {
  /** `VXLAN vni 1`, `IPIP`, `GRE, key 5`. */
  readonly tunnel: string;
  /** `192.168.50.11:41200`; with ports where there are any. */
  readonly from: string;
  readonly to: string;
  readonly ttl: number;
  readonly length: number;
}

/** A rule of a NetworkPolicy dropped the packet (or its answer): where, and what it logged, `ingress x/a by x/deny-all`. */
export interface TracedDenial {
  readonly ns: NsName;
  readonly words: string;
  readonly forward: boolean;
}

/** An ICMP error about the probe's packet or its answer, where it was first seen: `ns/iface`. */
export interface TracedError {
  readonly ns: NsName;
  readonly iface: string;
  readonly from: string;
  readonly to: string;
  /** `Destination Host Unreachable`, as ping(8) prints it. */
  readonly says: string;
}

/** ARP or neighbour discovery asked for an address while the probe was under way, and no answer was seen there. */
export interface UnansweredNeighbour {
  readonly ns: NsName;
  readonly iface: string;
  readonly address: string;
}

/** A rule that the packet (or its answer) matched, or a chain's policy or end that it reached. */
export interface TracedRule {
  readonly ns: NsName;
  /** Nanoseconds since the epoch, when it was read: later than it was met. */
  readonly time: string;
  /** The same for one packet within one namespace. */
  readonly id: number;
  /** Of the table: `ip`, `ip6`, `inet`. */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly type: "rule" | "policy" | "return";
  /** As `nft -a` shows it. */
  readonly handle?: number | undefined;
  /** `accept`, `drop`, `continue`, `return`, `jump CHAIN`, `goto CHAIN`. */
  readonly verdict: string;
  readonly mark?: number | undefined;
  /** As the rule saw it: `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`. */
  readonly packet?: string | undefined;
}

/** How connection tracking took a packet of the probe, before rules of NAT: nf_tables reports it since Linux 6.16. */
export interface TrackedPacket {
  readonly ns: NsName;
  /** As it was there: `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`. */
  readonly packet: string;
  readonly state: "NEW" | "ESTABLISHED" | "RELATED" | "UNTRACKED";
  /** Its TracedFlow. */
  readonly id?: number | undefined;
  /** It goes in the direction of answers. */
  readonly reply: boolean;
}

/** Ends as connection tracking has them: `10.0.0.1:4711`, without a port for other protocols than TCP, UDP and SCTP. */
export interface FlowEnds {
  readonly from: string;
  readonly to: string;
  readonly icmpId?: number | undefined;
}

/** An entry of connection tracking as it was when a packet had changed it; several of one entry are in order. */
export interface TracedFlow {
  readonly ns: NsName;
  readonly id: number;
  /** It was not there before. */
  readonly created: boolean;
  /** An answer has been seen. */
  readonly replied: boolean;
  readonly original: FlowEnds;
  /** Ends of the answers that are expected. */
  readonly reply: FlowEnds;
  readonly mark: number;
  readonly zone: number;
  /** Seconds. */
  readonly timeout?: number | undefined;
  /** `SYN_SENT`. */
  readonly tcp?: string | undefined;
}

/** One packet of the probe as a device saw it. */
export interface TracedBytes extends Pick<Sighting, "ns" | "iface" | "direction" | "forward" | "packet"> {
  /** Nanoseconds since the epoch, decimal. */
  readonly time: string;
  /** From its IP header on, base64; about 2000 bytes at most. */
  readonly bytes: string;
  /** Its Ethernet header without VLAN tags, base64; absent where the device has none. */
  readonly link?: string | undefined;
}

/** The kernel threw a packet of the probe (or its answer) away. */
export interface TracedDrop {
  readonly ns: NsName;
  readonly forward: boolean;
  /** Of enum skb_drop_reason: `IP_RPFILTER`. */
  readonly reason: string;
  /** As it was then: `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`. */
  readonly packet: string;
}

/** What netfilter did with the packet, in namespaces with rules; only where it was asked for. */
export interface NetfilterFindings {
  readonly rules?: readonly TracedRule[] | undefined;
  readonly tracked?: readonly TrackedPacket[] | undefined;
  readonly flows?: readonly TracedFlow[] | undefined;
  /** Namespaces whose rules could not be traced, and why: `node1: …`. */
  readonly untraced?: readonly string[] | undefined;
  /** In the order in which they were dropped; only of a packet that did not arrive, and where it was asked for. */
  readonly drops?: readonly TracedDrop[] | undefined;
  /** Why the kernel did not report what it drops. */
  readonly noDrops?: string | undefined;
}

export interface TraceResult extends NetfilterFindings {
  readonly probe: ProbeResult;
  readonly sightings: readonly Sighting[];
  readonly denials: readonly TracedDenial[];
  readonly icmpErrors: readonly TracedError[];
  readonly unanswered: readonly UnansweredNeighbour[];
  /** All that was seen of the probe, later packets of a connection and repeats included; only where they were asked for. */
  readonly packets?: readonly TracedBytes[] | undefined;
}
