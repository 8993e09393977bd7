/** What `trace` found out about one packet and its answer: hop by hop, with causes, and the verdict. */
import type { Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { OuterHeader, TracedBytes } from "../services/trace/protocol.ts";

/**
 * `device`: it was seen there. `netfilter`: the rules of one hook. `conntrack`: its flow's entry, or an answer translated back. `routing`, `neighbour`,
 * `forwarding` (the table of a bridge or tunnel): what the kernel chose. `socket`: who took it.
 */
export type HopKind = "device" | "netfilter" | "conntrack" | "routing" | "neighbour" | "forwarding" | "socket";

/** `Hop.at` of a namespace that the packet should have come to. */
export const NOT_REACHED = "not reached";

export interface Hop {
  readonly way: "there" | "back";
  /** The lab's namespace: `node1`, `default/web`. */
  readonly ns: string;
  readonly kind: HopKind;
  /** `eth0 →`, `→ eth0`, `PREROUTING nat`, `main`. */
  readonly at: string;
  readonly what: string;
  /** Addresses as they are here: `10.0.0.1:4711 → 10.0.0.2:80`. */
  readonly packet?: string | undefined;
  /** Of a device: its MTU, and the packet there without tunnels: TTL (hop limit), bytes with its IP header. */
  readonly mtu?: number | undefined;
  readonly ttl?: number | undefined;
  readonly bytes?: number | undefined;
  /** Of a device: the addresses of its frame. */
  readonly macs?: { readonly from: string; readonly to: string } | undefined;
  /** Of a device: the headers of tunnels around it, the outermost first. */
  readonly outer?: readonly OuterHeader[] | undefined;
  /** Of connection tracking. */
  readonly tracking?: HopTracking | undefined;
  /** Milliseconds since it was sent; absent: not measured here. */
  readonly ms?: number | undefined;
  /** Of a route: why this one, `rule 32766: from all lookup main; the only route of table main that matches`. */
  readonly why?: string | undefined;
  /** `labs/overlay.yaml:35:5 spec.cluster.cni: node2's pods through the overlay`. */
  readonly cause?: string | undefined;
  /** How the kernel differs from the lab here. */
  readonly differs?: readonly string[] | undefined;
  /** What `repair` fixes so that nothing differs here. */
  readonly ids?: readonly string[] | undefined;
  /** Nothing was seen of it after this. */
  readonly lost?: true | undefined;
}

export interface HopTracking {
  readonly state: "NEW" | "ESTABLISHED" | "RELATED" | "UNTRACKED";
  /** `10.0.0.1:4711 → 10.96.0.50:80`: the flow's ends, and those of its answers; absent: there is no entry. */
  readonly original?: string | undefined;
  readonly reply?: string | undefined;
  /** `SYN_SENT`; of TCP. */
  readonly tcp?: string | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  /** Absent: 0. */
  readonly mark?: number | undefined;
  readonly zone?: number | undefined;
}

export interface PacketStory {
  readonly title: string;
  readonly probe: Probe;
  readonly result: ProbeResult;
  readonly hops: readonly Hop[];
  /** Rules with which it and its answer were compared, where rules could be traced. */
  readonly tested: number;
  /** Index into `hops` of the first that is not as the lab says. */
  readonly firstWrong?: number | undefined;
  readonly verdict: {
    /** What Kubernetes does with such a packet; absent: it has no say. */
    readonly kubernetes?: string | undefined;
    /** What the rules that the kernel has do with it; absent: none on its way, or not read. */
    readonly rules?: string | undefined;
    readonly packet: string;
    /** For a lost packet: who dropped it. */
    readonly dropped?: string | undefined;
    /** Of a lost one: the kernel's own word, `IP_RPFILTER on node2`; absent: it gave none for this packet. */
    readonly reason?: string | undefined;
    readonly lastSeen?: string | undefined;
    /** Of a lost one: counters of lost packets that rose meanwhile, `node2: IpExtInNoRoutes rose by 1`. Other packets may have done it. */
    readonly counters?: readonly string[] | undefined;
    /** What differs on its way and belongs to no hop that it reached: `node3: …`. */
    readonly elsewhere: readonly string[];
    /** `node1: iptables filter: rule … is not part of this lab`. */
    readonly foreign: readonly string[];
  };
  /** Each time that a device saw one of its packets; only where they were asked for. */
  readonly packets?: readonly TracedBytes[] | undefined;
  /** What could not be seen, and why. */
  readonly unseen: readonly string[];
}
