/** Which packets a capture's expectation counts. */
import type { Target } from "../net/target.ts";
import type { Family } from "../net/family.ts";

/** What one packet must look like; every given field must match. Addresses are resolved per family at run time. */
export interface PacketMatch {
  readonly src?: string | Target | undefined;
  readonly dst?: string | Target | undefined;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  readonly protocol?: "tcp" | "udp" | "icmp" | "icmpv6" | "arp" | "sctp" | "ipip" | "ipv6" | "gre" | "esp" | undefined;
  readonly family?: Family | undefined;
  readonly ttl?: number | undefined;
  /** `echo-request`, `echo-reply`, `unreachable`, `frag-needed`, `ttl-exceeded`, `neighbor-solicitation` …, or the number. */
  readonly icmpType?: string | number | undefined;
  /** TCP flags that must be set: `SYN`, `SYN,ACK`, `RST`. */
  readonly flags?: string | undefined;
  readonly srcMac?: string | undefined;
  readonly dstMac?: string | undefined;
  readonly arpOp?: "request" | "reply" | undefined;
  /** VXLAN network identifier. */
  readonly vni?: number | undefined;
  /** ID of the outermost 802.1Q tag. */
  readonly vlan?: number | undefined;
  /** Part of what the line of the packet says of the protocol. */
  readonly dns?: string | undefined;
  readonly http?: string | undefined;
  readonly tls?: string | undefined;
  readonly wireguard?: string | undefined;
  readonly esp?: string | undefined;
  /** In VXLAN, IP in IP or GRE. */
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
