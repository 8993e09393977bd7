/** The part of the protocol that tells where a probe's packet was seen. */
import type { NsName, ProbeResult } from "./protocol.ts";

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
export interface TraceResult {
  readonly probe: ProbeResult;
  readonly sightings: readonly Sighting[];
  /** ICMP errors seen on the way, as text with the place. */
  readonly icmpErrors: readonly string[];
}
