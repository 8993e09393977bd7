/** Captures: where tcpdump listens, and what its packets must look like. */
import type { SourceRef } from "../cause.ts";
import type { Family } from "../plan/resource.ts";
import type { Target } from "./lab.ts";

export interface CaptureSpec {
  readonly name: string;
  /** Each with an interface (`node1/eth0`), or without one: `any`. */
  readonly at: readonly Target[];
  /** pcap-filter(7). */
  readonly filter?: string | undefined;
  /** Bytes kept of each packet, default 262144. */
  readonly snaplen: number;
  /** Bytes that each place keeps; absent: a share of what all captures of a lab keep. */
  readonly keep?: number | undefined;
  readonly source: SourceRef;
}

/** What one packet must look like; every given field must match. Addresses are resolved per family at run time. */
export interface PacketMatch {
  readonly src?: string | Target | undefined;
  readonly dst?: string | Target | undefined;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  readonly protocol?: "tcp" | "udp" | "icmp" | "icmpv6" | "arp" | "sctp" | undefined;
  readonly family?: Family | undefined;
  readonly ttl?: number | undefined;
  /** `echo-request`, `echo-reply`, `unreachable`, `frag-needed`, `ttl-exceeded`, `neighbor-solicitation` …, or the number. */
  readonly icmpType?: string | number | undefined;
  /** TCP flags that must be set: `SYN`, `SYN,ACK`, `RST`. */
  readonly flags?: string | undefined;
  readonly srcMac?: string | undefined;
  readonly dstMac?: string | undefined;
  readonly arpOp?: "request" | "reply" | undefined;
  /** VXLAN network identifier; given or with `inner`: the packet must be VXLAN. */
  readonly vni?: number | undefined;
  readonly inner?: PacketMatch | undefined;
  /** Place where it was captured, when the capture has several: `node1/eth0`. */
  readonly at?: string | undefined;
}

export interface PacketExpectation extends PacketMatch {
  /** How many packets match: `>=1` by default, `0`, `2`, `1..3`, `<=5`. */
  readonly packets: { readonly min: number; readonly max: number };
  /** Further packets that must be there after the first match, in this order. */
  readonly then: readonly PacketMatch[];
}
