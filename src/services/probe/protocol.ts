/** Probes: what is sent, and the result. */
import type { TargetPlace } from "../../net/place.ts";
import type { Family } from "../../net/family.ts";
import type { Outcome } from "../../net/outcome.ts";

/** One attempt to reach a destination. `to` is always a literal address, or a name that is resolved inside the namespace. */
export type Probe = TargetPlace &
  (
    | {
        readonly kind: "tcp";
        readonly to: string;
        readonly port: number;
        readonly timeout: number;
        /** Milliseconds for the server to identify itself, once the connection is established; default 300. */
        readonly patience?: number | undefined;
        readonly family?: Family | undefined;
      }
    | {
        readonly kind: "udp" | "sctp";
        readonly to: string;
        readonly port: number;
        readonly timeout: number;
        readonly family?: Family | undefined;
      }
    | {
        readonly kind: "http";
        readonly to: string;
        readonly port: number;
        readonly timeout: number;
        readonly family?: Family | undefined;
        readonly method: string;
        readonly path: string;
        readonly headers: Readonly<Record<string, string>>;
        /** HTTPS. Absent server name: none is sent. */
        readonly tls?: { readonly serverName?: string | undefined } | undefined;
      }
    | {
        readonly kind: "dns";
        readonly to: string;
        readonly port: number;
        readonly timeout: number;
        readonly protocol: "udp" | "tcp";
        readonly query: string;
        readonly type: string;
      }
    | {
        readonly kind: "ping";
        readonly to: string;
        readonly timeout: number;
        readonly family?: Family | undefined;
        readonly count: number;
        readonly size?: number | undefined;
        readonly df: boolean;
      }
  );

/** What a TLS server showed. */
export interface TlsFinding {
  /** `TLSv1.3` */
  readonly version: string;
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  /** DNS names of subjectAltName. */
  readonly names: readonly string[];
  readonly notAfter: string;
}

export interface ProbeResult {
  readonly outcome: Outcome | "toobig";
  readonly ms: number;
  /** Open without an answer: a trace has seen it arrive. */
  readonly unanswered?: true | undefined;
  /** The system's error name: `ECONNREFUSED`, `EHOSTUNREACH`. */
  readonly error?: string | undefined;
  /** A NetworkPolicy's rule has dropped the packet: what it logged, `ingress x/a by x/deny-all`. */
  readonly denied?: string | undefined;
  /** Address that the name resolved to. */
  readonly address?: string | undefined;
  /** tcp/udp/http against the built-in server: what it says of itself and of us. */
  readonly hostname?: string | undefined;
  readonly sourceIP?: string | undefined;
  /** The address and port at which the built-in server was reached: `10.244.1.2:80`, `[fd00::2]:80`; shows destination NAT. */
  readonly server?: string | undefined;
  readonly http?:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
    | undefined;
  readonly tls?: TlsFinding | undefined;
  readonly dns?:
    | { readonly rcode: string; readonly answers: readonly string[]; readonly truncated: boolean }
    | undefined;
  readonly ping?:
    | {
        readonly sent: number;
        readonly received: number;
        readonly ttl?: number | undefined;
        readonly rttMs?: number | undefined;
        readonly mtu?: number | undefined;
        readonly from?: string | undefined;
        readonly message?: string | undefined;
      }
    | undefined;
}

/** A packet that a policy's rule has dropped: its ends (`PROTOCOL ADDRESS PORT`) as the rule saw them, and the rule's own text. */
export interface DeniedFlow {
  readonly from: string;
  readonly to: string;
  readonly words: string;
}
