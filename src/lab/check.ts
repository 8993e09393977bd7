/** Checks: what must be true of a running lab. One `Check` here is one entry of `spec.checks`, targets resolved. */
import type { Outcome } from "../net/outcome.ts";
import type { Destination, Target } from "../net/target.ts";
import type { SourceRef } from "../cause.ts";
import type { Family } from "../net/family.ts";
import type { PacketExpectation } from "../capture/packet-match.ts";

interface CheckBase {
  /** Unique within the lab; for humans. */
  readonly name: string;
  readonly source: SourceRef;
  /** Milliseconds until what is expected must be true. Default 5000. */
  readonly within: number;
  /** Milliseconds that one attempt may take; default 1000. */
  readonly timeout: number;
  /** One run per family; a check without family choice has exactly one. */
  readonly families: readonly Family[];
  /** Why it is so, for learners (`explain`), shown in the TUI and in failure messages. */
  readonly explain?: string | undefined;
  /** The check is expected to fail (labs that are broken on purpose): `fails: true`. It passes if and only if it fails. */
  readonly fails: boolean;
  /** It fails while what the lab has broken on purpose is not fixed (`fails: fault`), and passes afterwards: either is well. */
  readonly fault?: true | undefined;
}

export interface PingCheck extends CheckBase {
  readonly kind: "ping";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly count: number;
  /** Payload bytes; with `df` the path MTU is tested. */
  readonly size?: number | undefined;
  readonly df: boolean;
  /** `mtu`: the next-hop MTU that the refusing router reports. `loss` in percent. */
  readonly expect: {
    readonly outcome: "open" | "timeout" | "unreachable" | "toobig" | "noname";
    readonly loss?: number | undefined;
    readonly ttl?: number | undefined;
    readonly mtu?: number | undefined;
  };
}

export interface ConnectCheck extends CheckBase {
  readonly kind: "tcp" | "udp";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly expect: {
    readonly outcome: Outcome;
    readonly sourceIP?: Destination | undefined;
    readonly hostname?: string | undefined;
  };
}

export interface HttpCheck extends CheckBase {
  readonly kind: "http";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expect: {
    readonly outcome: Outcome;
    readonly status?: number | undefined;
    /** Text that the body contains, or `/regular expression/`. */
    readonly body?: string | undefined;
    readonly headers: Readonly<Record<string, string>>;
    /** The source address that the server saw. */
    readonly sourceIP?: Destination | undefined;
    readonly hostname?: string | undefined;
  };
}

export interface DnsCheck extends CheckBase {
  readonly kind: "dns";
  readonly from: readonly Target[];
  readonly query: string;
  readonly type: string;
  readonly server: Destination;
  readonly port: number;
  readonly protocol: "udp" | "tcp";
  readonly expect: {
    readonly outcome: Outcome;
    readonly rcode: string;
    readonly answers?: readonly string[] | undefined;
  };
}

export interface CommandCheck extends CheckBase {
  readonly kind: "command";
  readonly from: readonly Target[];
  readonly argv: readonly string[];
  readonly expect: {
    readonly exitCode: number;
    readonly stdout?: string | undefined;
    readonly stderr?: string | undefined;
  };
}

export interface PathCheck extends CheckBase {
  readonly kind: "path";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly protocol: "icmp" | "tcp" | "udp";
  readonly port?: number | undefined;
  readonly expect: {
    /** Namespaces in the order in which the packet enters them, first and last included. */
    readonly hops?: readonly string[] | undefined;
    /** `NAMESPACE/IFACE` places that it crosses, in this order (others may be between). */
    readonly crosses?: readonly string[] | undefined;
    /** Places that it must not cross. */
    readonly avoids?: readonly string[] | undefined;
  };
}

export interface ReachCheck extends CheckBase {
  readonly kind: "reach";
  readonly from: readonly Target[];
  readonly to: readonly Target[];
  readonly protocol: "tcp" | "udp" | "sctp" | "http" | "icmp";
  readonly port?: number | undefined;
  /** expected[i][j]: from[i] → to[j]; null: not probed (self, unless asked for). */
  readonly expect: readonly (readonly (Outcome | null)[])[];
  /** It is asked whether the packet arrives: a refusal by the destination itself is as good as an answer. */
  readonly arrival?: boolean | undefined;
}

export interface ThroughputCheck extends CheckBase {
  readonly kind: "throughput";
  readonly from: readonly Target[];
  readonly to: Destination & { readonly kind: "target" };
  /** Seconds to measure. */
  readonly seconds: number;
  readonly expect: { readonly min?: number | undefined; readonly max?: number | undefined };
}

export interface CaptureCheck extends CheckBase {
  readonly kind: "capture";
  /** Name of a declared capture. */
  readonly capture: string;
  readonly expect: PacketExpectation;
}

/** Something exists (or not) in a namespace, in the words of `ip`, `bridge` and iptables-save. */
export interface StateCheck extends CheckBase {
  readonly kind: "state";
  readonly from: readonly Target[];
  readonly what: "route" | "neigh" | "fdb" | "rule" | "iptables" | "sysctl" | "link" | "addr";
  /** All words must be in one entry: `10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink`. For sysctl: `key=value`. */
  readonly match: string;
  readonly present: boolean;
}

interface ServiceCheckBase extends CheckBase {
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** Connections are spread over the endpoints as Kubernetes spreads them: each equally likely. */
export interface BalancedCheck extends ServiceCheckBase {
  readonly kind: "balanced";
  /** Absent: enough for the number of endpoints. */
  readonly connections?: number | undefined;
  readonly expect: { readonly endpoints?: readonly Destination[] | undefined };
}

/** What becomes of source and destination on the way to a Service. */
export interface NatCheck extends ServiceCheckBase {
  readonly kind: "nat";
  readonly expect: {
    /** `client`: kept; `masqueraded`: replaced by an address of the node; else this very address. */
    readonly source?: "client" | "masqueraded" | Destination | undefined;
    readonly endpoints?: readonly Destination[] | undefined;
  };
}

/** Each client keeps its endpoint (sessionAffinity: ClientIP). */
export interface StickyCheck extends ServiceCheckBase {
  readonly kind: "sticky";
  readonly connections: number;
  readonly expect: { readonly seconds?: number | undefined };
}

/** Nobody is there: refused at once, or dropped without an answer. */
export interface RejectedCheck extends ServiceCheckBase {
  readonly kind: "rejected";
  readonly expect: { readonly how: "reject" | "drop" };
}

export type ServiceCheck = BalancedCheck | NatCheck | StickyCheck | RejectedCheck;

export type Check =
  | ServiceCheck
  | PingCheck
  | ConnectCheck
  | HttpCheck
  | DnsCheck
  | CommandCheck
  | PathCheck
  | ReachCheck
  | ThroughputCheck
  | CaptureCheck
  | StateCheck;
export type CheckKind = Check["kind"];

/** A check that cannot be made any more: what it speaks of was deleted from the running lab. */
export interface LostCheck {
  readonly name: string;
  readonly reason: string;
}
