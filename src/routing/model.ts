/**
 * The words of layer 7 routing: what one proxy (the controller's pod of an Ingress class, a Gateway, a sidecar) does with each connection
 * and request. Ingress, HTTPRoute and the others are translated into it, each in a file of its own; precedence is settled there. What
 * serves it, and what explains it, walks ordered lists and takes the first that matches (`decide.ts`).
 *
 *     port → listeners → virtual hosts → routes → filters → weighted backends → endpoints
 *
 * Plain data: it is sent to the process that serves it. Every part has its cause, so that each answer can name the line that decided it.
 */
import type { Cause } from "../cause.ts";
import type { Filter } from "./filter.ts";

export interface RoutingTable {
  /** In the order of their numbers. */
  readonly ports: readonly EntryPort[];
  /** By id, like `default/web:80`. */
  readonly backends: Readonly<Record<string, Backend>>;
}

/** A port that the proxy listens on, on all addresses of its namespace. */
export interface EntryPort {
  readonly port: number;
  readonly transport: "tcp" | "udp";
  /** A connection begins with the PROXY protocol's header (versions 1 and 2; haproxy's proxy-protocol.txt); without it, it is closed. */
  readonly proxyProtocol?: boolean | undefined;
  /** Networks whose X-Forwarded-* headers are believed; absent: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Most specific host name first; of several that fit the first one is taken. */
  readonly listeners: readonly Listener[];
}

/** How a connection is spoken to: `https` and `tls` end TLS here, `passthrough` reads its server name and hands it on. */
export type ListenerProtocol = "http" | "https" | "tls" | "passthrough" | "tcp" | "udp";

export interface Listener {
  /** As its Gateway names it, or `http`, `https`. */
  readonly name: string;
  readonly protocol: ListenerProtocol;
  /** `shop.example`, `*.example`; absent: all. For protocols with TLS also compared with the server name (SNI). */
  readonly hostname?: string | undefined;
  /** Ids of certificates; the one whose names fit the server name is shown, else the first. */
  readonly certificates: readonly string[];
  readonly clientCertificates?: ClientCertificates | undefined;
  /** Answers of the proxy itself have the pages of this server (`error-page.ts`). */
  readonly pages?: "nginx" | undefined;
  /** Paths are compared decoded, with doubled slashes merged and dot segments resolved, as nginx does. */
  readonly normalizesPaths?: true | undefined;
  /** Most specific first: exact, then the longest wildcard, then all. */
  readonly hosts: readonly VirtualHost[];
  /** What is answered where no host or no route fits. */
  readonly otherwise: DirectAnswer;
  readonly cause: Cause;
}

export interface ClientCertificates {
  /** PEM. */
  readonly authorities: readonly string[];
  /** `optional`: asked for, and not verified (AllowInsecureFallback), or judged by a filter of kind client-certificate. */
  readonly mode: "required" | "optional";
}

/** `one`: a wildcard stands for one label, as in an Ingress; `many`: for one or more, as in the Gateway API. */
export type WildcardDepth = "one" | "many";

export interface VirtualHost {
  /** Lower case, without port; absent: all. */
  readonly hostname?: string | undefined;
  /** Instead of a name: a regular expression for the whole of it, case ignored. */
  readonly pattern?: string | undefined;
  readonly wildcard: WildcardDepth;
  /** The first that matches is taken. */
  readonly routes: readonly Route[];
  readonly cause: Cause;
}

export interface Route {
  /** What a user calls it: `Ingress default/shop /api (Prefix)`, `HTTPRoute default/shop rule 2 match 1`. */
  readonly name: string;
  /** All must fit; empty: every request. */
  readonly match: RouteMatch;
  /** In this order, before the action. */
  readonly filters: readonly Filter[];
  readonly action: Action;
  readonly timeouts?: Timeouts | undefined;
  readonly retry?: Retry | undefined;
  readonly cause: Cause;
}

export interface RouteMatch {
  readonly path?: PathMatch | undefined;
  readonly method?: string | undefined;
  readonly headers?: readonly ValueMatch[] | undefined;
  readonly query?: readonly ValueMatch[] | undefined;
}

/** `prefix`: by elements, `/foo` fits `/foo/bar` and not `/foobar`. `regex`: matches from the beginning of the path, not to its end. */
export interface PathMatch {
  readonly kind: "exact" | "prefix" | "regex";
  readonly value: string;
  readonly ignoreCase?: boolean | undefined;
}

/** `regex` must fit the whole value; `present`: any value does. */
export interface ValueMatch {
  /** Of headers in lower case. */
  readonly name: string;
  readonly kind: "exact" | "regex" | "present";
  readonly value: string;
}

export type Action =
  | ForwardAction
  | { readonly kind: "redirect"; readonly to: Redirect }
  | { readonly kind: "answer"; readonly answer: DirectAnswer };

export interface ForwardAction {
  readonly kind: "forward";
  /** Empty, or all of weight 0: 500. */
  readonly to: readonly WeightedBackend[];
  /** Asked before the weights, in order; a backend of the canary has its weight in `to` as well. */
  readonly canaries?: readonly CanaryRule[] | undefined;
  readonly affinity?: CookieAffinity | undefined;
  /** Instead of 503, where the chosen backend has no endpoint. */
  readonly whenEmpty?: string | undefined;
}

export interface WeightedBackend {
  /** Id of a backend; undefined: the reference is broken, and its share of requests is answered with 500. */
  readonly backend: string | undefined;
  readonly weight: number;
  /** After the route's. */
  readonly filters?: readonly Filter[] | undefined;
  readonly cause: Cause;
}

/** Decides for one backend, or against it, by what a request says; the next rule is asked where it says nothing. */
export interface CanaryRule {
  readonly backend: string;
  readonly source: "header" | "cookie";
  readonly name: string;
  /** Values that choose it, and values that exclude it. */
  readonly always: ValueMatch["value"] | { readonly regex: string };
  readonly never?: string | undefined;
  readonly cause: Cause;
}

export interface CookieAffinity {
  readonly cookie: string;
  /** Attributes of Set-Cookie after the value, like `Path=/`; `Secure` is added to a connection with TLS. */
  readonly attributes: readonly string[];
  /** Absent: by the connection. */
  readonly secure?: boolean | undefined;
  /** Seconds after which it expires. */
  readonly expires?: number | undefined;
  /** Canaries are chosen without regard to it. */
  readonly ignoredByCanaries?: true | undefined;
  /** The endpoint that failed is left for another one. */
  readonly changeOnFailure?: boolean | undefined;
  /** A new cookie when endpoints come or go would balance better. */
  readonly rebalances?: boolean | undefined;
  readonly cause: Cause;
}

export interface Redirect {
  readonly scheme?: "http" | "https" | undefined;
  readonly hostname?: string | undefined;
  /** Absent: that of a given scheme, else the listener's; left out of Location where the scheme implies it. `none`: never written. */
  readonly port?: number | "none" | undefined;
  readonly path?: PathChange | undefined;
  readonly status: number;
  /** The whole Location, instead of all of these, with variables (`variables.ts`): `https://$host$request_uri`. */
  readonly location?: string | undefined;
  /** For `location`: a slash at the end of the request's target is cut. */
  readonly cutsSlash?: true | undefined;
  readonly cause: Cause;
}

/**
 * `prefix`: the prefix that matched is replaced, on the border of an element; `regex`: the whole path is replaced, `$1` are the groups of
 * the path's expression. The query stays; one of the value's own comes before it.
 */
export interface PathChange {
  readonly kind: "full" | "prefix" | "regex";
  readonly value: string;
}

export interface DirectAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly cause: Cause;
}

/** Milliseconds; absent: none. */
export interface Timeouts {
  /** Until the answer is complete; 504. */
  readonly request?: number | undefined;
  /** One try at a backend; 504. */
  readonly backend?: number | undefined;
  readonly connect?: number | undefined;
  /** Between two reads, and two writes. */
  readonly read?: number | undefined;
  readonly send?: number | undefined;
}

export interface Retry {
  /** After the first try. */
  readonly attempts: number;
  /** Requests that may not be repeated (POST, LOCK, PATCH) are not. */
  readonly idempotentOnly?: true | undefined;
  /** Answers that are tried again; a connection that fails always is. */
  readonly codes: readonly number[];
  /** Milliseconds. */
  readonly backoff?: number | undefined;
}

/** `h2`: HTTP/2 over TLS or without, by `tls`. `tcp`, `udp`: bytes. */
export type BackendProtocol = "http1" | "h2" | "tcp" | "udp";

export interface Backend {
  readonly protocol: BackendProtocol;
  readonly tls?: BackendTls | undefined;
  /** The PROXY protocol's header is sent before all else. */
  readonly sendProxy?: 1 | 2 | undefined;
  readonly balance: "round-robin" | "random" | { readonly hash: HashSource };
  /** Ready ones. */
  readonly endpoints: readonly Endpoint[];
  readonly cause: Cause;
}

export type HashSource = "client-address" | "host" | "path" | { readonly header: string } | { readonly cookie: string };

export interface BackendTls {
  /** Sent as server name; absent: none. */
  readonly serverName?: string | undefined;
  /** Names that its certificate must have one of; absent: it is not verified. */
  readonly names?: readonly string[] | undefined;
  /** URI names (SPIFFE ids), likewise. */
  readonly uris?: readonly string[] | undefined;
  /** PEM; absent: the system's. */
  readonly authorities?: readonly string[] | undefined;
  /** Id of the certificate that is shown. */
  readonly certificate?: string | undefined;
}

export interface Endpoint {
  /** Or a DNS name, for a Service of type ExternalName: the proxy resolves it. */
  readonly address: string;
  readonly port: number;
  /** `NAMESPACE/NAME`. */
  readonly pod?: string | undefined;
}
