/**
 * The words of the BGP engine. A speaker has neighbours, as a daemon's configuration names them, and routes of its own. `converge.ts`
 * pairs neighbours into sessions and computes what every speaker knows in the end, and why.
 *
 *     const { tables, sessions } = convergeBgp([
 *       { name: "node1", asn: 64512, routerId: "10.0.0.1", address: { ipv4: "10.0.0.1" }, ecmp: 1,
 *         routes: [{ prefix: "10.244.0.0/24", cause }], neighbours: [{ name: "node2", address: "10.0.0.2", asn: 64512, cause }] },
 *       …
 *     ]);
 *     tables.get("node2")?.get("10.244.0.0/24")?.best.nextHop // "10.0.0.1"
 *
 * `meshOf` makes the neighbours of a full mesh. Everything is plain data and functions of it: the same input gives the same result.
 */
import type { Cause } from "../../cause.ts";
import type { Family, PerFamily } from "../../net/family.ts";

/** One way to a prefix, as one speaker has it. */
export interface BgpPath {
  /** Canonical. */
  readonly prefix: string;
  readonly family: Family;
  /** Name of the speaker that it comes from first. */
  readonly origin: string;
  /** Why that speaker has it. */
  readonly cause: Cause;
  /** What it announces it for, where that is not the object of the cause: `BGPAdvertisement all`. */
  readonly by: string | undefined;
  /** The neighbour that sent it; absent: the speaker's own. */
  readonly from?: BgpNeighbour | undefined;
  /** Router id of the neighbour. */
  readonly sender?: string | undefined;
  /** Names of the speakers on its way, the origin first; without the speaker that has it. */
  readonly way: readonly string[];
  /** It was learned from the own AS. */
  readonly internal: boolean;
  /** Absent: the speaker's own. */
  readonly nextHop?: string | undefined;
  readonly asPath: readonly number[];
  readonly localPref: number;
  readonly med: number;
  /** The daemon's own order between sources, before all attributes; higher wins. */
  readonly preference: number;
  /** `65000:100`, large ones `65000:1:2`. */
  readonly communities: readonly string[];
  /** Router id of who brought it into the AS; set by route reflectors, as is `clusters`. */
  readonly originator?: string | undefined;
  readonly clusters: readonly string[];
}

/** The path, changed or not; a text says why it does not pass. */
export type BgpFilter = (path: BgpPath) => BgpPath | string;

/** An entry of a speaker's configuration. A session needs one on both ends. */
export interface BgpNeighbour {
  /** As the daemon names it: `Mesh_10_0_0_2`. Unique within a speaker. */
  readonly name: string;
  readonly address: string;
  readonly asn: number;
  /** Own address of the session; default: the speaker's of that family. */
  readonly source?: string | undefined;
  /** The AS that the speaker says it is in; default: its own. */
  readonly localAs?: number | undefined;
  /** Families of the routes; default: that of the session's addresses. */
  readonly families?: readonly Family[] | undefined;
  /** The speaker reflects routes to it (RFC 4456). */
  readonly client?: boolean | undefined;
  /** Default: RFC 4271's: kept within the AS, own towards others, unless it is on the `link` of the session that it was learned on. */
  readonly nextHop?: "self" | "keep" | undefined;
  /** A shared network of both ends, where the session is single-hop. */
  readonly link?: string | undefined;
  /** All paths are sent, not the best alone (RFC 7911). */
  readonly addPaths?: boolean | undefined;
  /** How often the own AS may be in the AS path of what it sends; default 0. */
  readonly ownAs?: number | undefined;
  /** Waits for the neighbour to connect. */
  readonly passive?: boolean | undefined;
  /** Of MD5 signatures. */
  readonly password?: string | undefined;
  /** Why the session stays down, whatever the other end does. */
  readonly down?: string | undefined;
  readonly import?: BgpFilter | undefined;
  readonly export?: BgpFilter | undefined;
  readonly cause: Cause;
}

/** A route of a speaker's own: it announces it. */
export interface BgpRoute {
  readonly prefix: string;
  /** As that of BgpPath. */
  readonly by?: string | undefined;
  readonly communities?: readonly string[] | undefined;
  /** Default 100. */
  readonly localPref?: number | undefined;
  /** Default 200: preferred to what is learned, which has 100. */
  readonly preference?: number | undefined;
  readonly cause: Cause;
}

export interface BgpSpeaker {
  readonly name: string;
  readonly asn: number;
  /** Dotted decimal. */
  readonly routerId: string;
  /** Its addresses for sessions and next hops. */
  readonly address: PerFamily<string>;
  /** It dials, and takes no sessions: another speaker may have its addresses. */
  readonly dials?: boolean | undefined;
  /** It is a real daemon: `bird`. */
  readonly daemon?: string | undefined;
  /** Other addresses of its own. */
  readonly further?: readonly string[] | undefined;
  /** Of a route reflector; default: the router id. */
  readonly clusterId?: string | undefined;
  /** How many paths of the same rank are used together. */
  readonly ecmp: number;
  readonly routes: readonly BgpRoute[];
  readonly neighbours: readonly BgpNeighbour[];
  /** Whether it has a route to a next hop; default: to all. */
  readonly reaches?: ((nextHop: string) => boolean) | undefined;
}

/** What a speaker knows of a prefix. */
export interface BgpEntry {
  readonly best: BgpPath;
  /** With the best one, those that are used together with it: different next hops, at most `ecmp`. Empty: the route is its own. */
  readonly used: readonly BgpPath[];
  /** Why the best is the best: `the only one`, `shorter AS path (1 < 2)`. */
  readonly why: string;
  /** The others, in their order, and what each lost by. */
  readonly others: readonly { readonly path: BgpPath; readonly why: string }[];
}

/** A path that a filter or a rule of the protocol stopped. */
export interface BgpRefusal {
  readonly speaker: string;
  /** The neighbour as the one names it that refused it. */
  readonly neighbour: string;
  readonly direction: "import" | "export";
  readonly prefix: string;
  readonly why: string;
}

/** One direction of a session. */
export interface BgpSessionEnd {
  readonly speaker: string;
  readonly neighbour: BgpNeighbour;
}

export type BgpSession =
  | { readonly state: "up"; readonly internal: boolean; readonly ends: readonly [BgpSessionEnd, BgpSessionEnd] }
  | { readonly state: "down"; readonly end: BgpSessionEnd; readonly why: string };

export interface BgpResult {
  /** By speaker, then by prefix in the order of addresses. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, BgpEntry>>;
  readonly sessions: readonly BgpSession[];
  readonly refusals: readonly BgpRefusal[];
  /** Prefixes on which the speakers never agree (RFC 3345). */
  readonly unstable: readonly string[];
}
