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

export interface TraceResult {
  readonly probe: ProbeResult;
  readonly sightings: readonly Sighting[];
  readonly denials: readonly TracedDenial[];
  readonly icmpErrors: readonly TracedError[];
  readonly unanswered: readonly UnansweredNeighbour[];
}
