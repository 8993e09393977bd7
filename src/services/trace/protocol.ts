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

/** One packet of the probe as a device saw it, from its IP header on: what its link put before it is not kept. */
export interface TracedBytes extends Pick<Sighting, "ns" | "iface" | "direction" | "forward" | "packet"> {
  /** Nanoseconds since the epoch, decimal. */
  readonly time: string;
  /** Base64; at most 2048 bytes. */
  readonly bytes: string;
}

export interface TraceResult {
  readonly probe: ProbeResult;
  readonly sightings: readonly Sighting[];
  readonly denials: readonly TracedDenial[];
  readonly icmpErrors: readonly TracedError[];
  readonly unanswered: readonly UnansweredNeighbour[];
  /** Only where rules were asked for. */
  readonly rules?: readonly TracedRule[] | undefined;
  /** All that was seen of the probe, later packets of a connection and repeats included; only where they were asked for. */
  readonly packets?: readonly TracedBytes[] | undefined;
  /** Namespaces whose rules could not be traced, and why: `node1: …`. */
  readonly untraced?: readonly string[] | undefined;
}
