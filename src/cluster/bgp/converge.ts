/** What BGP speakers know once nothing changes any more: per prefix, paths travel over the sessions until every best path stays. */
import { parsePrefix } from "../../net/address.ts";
import { familyOf } from "../../net/families.ts";
import { entryOf, ranked, same } from "./best-path.ts";
import type {
  BgpEntry,
  BgpNeighbour,
  BgpPath,
  BgpRefusal,
  BgpResult,
  BgpRoute,
  BgpSession,
  BgpSpeaker,
} from "./model.ts";
import { localAsOf, sessionsOf, sourceOf } from "./sessions.ts";

const LOCAL_PREF = 100;
const PREFERENCE = { own: 200, learned: 100 };
/** A speaker that changes its mind so often about one prefix will do so for ever. */
const MOST_TURNS = 64;

/** One direction: from `speaker` to `peer`, whose entry for the speaker is `theirs`. */
interface Line {
  readonly speaker: BgpSpeaker;
  readonly own: BgpNeighbour;
  readonly peer: BgpSpeaker;
  readonly theirs: BgpNeighbour;
  readonly internal: boolean;
}

/** The lines of one speaker. */
interface Lines {
  readonly all: Line[];
  /** Those that take what was learned within the AS from others than clients. */
  readonly outward: Line[];
}

const NOWHERE: Lines = { all: [], outward: [] };

function linesOf(speakers: readonly BgpSpeaker[], sessions: readonly BgpSession[]): ReadonlyMap<string, Lines> {
  const named = new Map(speakers.map((one) => [one.name, one]));
  const lines = new Map<string, Lines>(speakers.map(({ name }) => [name, { all: [], outward: [] }]));
  const add = (line: Line): void => {
    const own = lines.get(line.speaker.name);
    own?.all.push(line);
    if (!line.internal || line.own.client === true) own?.outward.push(line);
  };
  for (const session of sessions) {
    if (session.state === "down") continue;
    const [a, b] = session.ends;
    const [one, other] = [named.get(a.speaker), named.get(b.speaker)];
    if (one === undefined || other === undefined) continue;
    const { internal } = session;
    add({ speaker: one, own: a.neighbour, peer: other, theirs: b.neighbour, internal });
    add({ speaker: other, own: b.neighbour, peer: one, theirs: a.neighbour, internal });
  }
  return lines;
}

function ownPath({ name }: BgpSpeaker, { prefix, cause, by, ...route }: BgpRoute): BgpPath {
  return {
    prefix,
    family: familyOf(prefix),
    origin: name,
    cause,
    by,
    from: undefined,
    sender: undefined,
    way: NONE,
    internal: false,
    nextHop: undefined,
    asPath: NONE,
    localPref: route.localPref ?? LOCAL_PREF,
    med: 0,
    preference: route.preference ?? PREFERENCE.own,
    communities: route.communities ?? NONE,
    originator: undefined,
    clusters: NONE,
  };
}

const isReflected = ({ from, internal }: BgpPath): boolean => from !== undefined && internal;

function nextHopOf({ speaker, own, internal }: Line, { nextHop, from, family }: BgpPath): string | undefined {
  const source = sourceOf(speaker, own);
  const self = source !== undefined && familyOf(source) === family ? source : speaker.address[family];
  if (nextHop === undefined || own.nextHop === "self") return self;
  const isThirdParty = own.link !== undefined && own.link === from?.link;
  return own.nextHop === "keep" || internal || isThirdParty ? nextHop : self;
}

/** One for all paths that have none: there are many. */
const NONE: readonly never[] = [];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Undefined: the protocol does not send it there. A text: a filter refuses it. */
function sent(line: Line, path: BgpPath, way: readonly string[]): Writable<BgpPath> | string | undefined {
  const { speaker, own, internal } = line;
  if (path.from === own) return undefined;
  if (!(own.families?.includes(path.family) ?? familyOf(own.address) === path.family)) return undefined;
  const reflects = internal && isReflected(path);
  if (reflects && own.client !== true && path.from?.client !== true) return undefined;
  const passed = own.export === undefined ? path : own.export(path);
  if (typeof passed === "string") return passed;
  const { prefix, family, origin, cause, by, communities } = passed;
  // All objects of one shape: there are many.
  return {
    prefix,
    family,
    origin,
    cause,
    by,
    from: undefined,
    sender: speaker.routerId,
    way,
    internal,
    nextHop: passed.nextHop === path.nextHop ? nextHopOf(line, path) : passed.nextHop,
    asPath: internal ? passed.asPath : [localAsOf(speaker, own), ...passed.asPath],
    localPref: internal ? passed.localPref : LOCAL_PREF,
    med: internal || path.from === undefined ? passed.med : 0,
    preference: PREFERENCE.learned,
    communities,
    originator: !internal ? undefined : reflects ? (passed.originator ?? path.sender) : passed.originator,
    clusters: !internal
      ? NONE
      : reflects
        ? [speaker.clusterId ?? speaker.routerId, ...passed.clusters]
        : passed.clusters,
  };
}

/** `path`: as it was sent, made for this line. */
function received({ peer, theirs, internal }: Line, path: Writable<BgpPath>): BgpPath | string {
  const { asPath, clusters, nextHop } = path;
  if (asPath.length > 0) {
    const own = localAsOf(peer, theirs);
    if (asPath.filter((asn) => asn === own).length > (theirs.ownAs ?? 0))
      return `its own AS ${own} is in the AS path: a loop`;
  }
  if (internal && path.originator === peer.routerId) return "it is the originator: a loop";
  if (clusters.length > 0 && clusters.includes(peer.clusterId ?? peer.routerId))
    return "its own cluster is in the cluster list: a loop";
  if (nextHop === undefined) return "it has no next hop of that family";
  if (nextHop === peer.address.ipv4 || nextHop === peer.address.ipv6 || peer.further?.includes(nextHop) === true)
    return "the next hop is itself";
  if (peer.reaches?.(nextHop) === false) return `it has no route to the next hop ${nextHop}`;
  path.from = theirs;
  return theirs.import === undefined ? path : theirs.import(path);
}

/** What one line has brought. Few per speaker, so they are found by looking through them. */
interface Arrival {
  readonly line: Line;
  paths: readonly BgpPath[];
}

class Prefix {
  readonly prefix: string;
  readonly #lines: ReadonlyMap<string, Lines>;
  readonly #own = new Map<string, readonly BgpPath[]>();
  /** What each speaker was sent. */
  readonly #in = new Map<string, Arrival[]>();
  /** Who has sent to all of its neighbours. */
  readonly #spread = new Set<string>();
  readonly refusals = new Map<string, BgpRefusal>();
  isUnstable = false;

  constructor(prefix: string, lines: ReadonlyMap<string, Lines>, origins: readonly BgpSpeaker[]) {
    this.prefix = prefix;
    this.#lines = lines;
    for (const speaker of origins) {
      const routes = speaker.routes.filter((route) => route.prefix === prefix);
      this.#own.set(
        speaker.name,
        routes.map((route) => ownPath(speaker, route)),
      );
    }
    this.#run(origins.map(({ name }) => name));
  }

  paths(speaker: string): readonly BgpPath[] {
    const own = this.#own.get(speaker) ?? [];
    const there = this.#in.get(speaker) ?? [];
    const [first] = there;
    if (own.length === 0 && there.length === 1 && first !== undefined) return ranked(first.paths);
    return ranked([...own, ...there.flatMap((arrival) => arrival.paths)]);
  }

  *speakers(): Iterable<string> {
    yield* this.#own.keys();
    for (const name of this.#in.keys()) if (!this.#own.has(name)) yield name;
  }

  #run(first: readonly string[]): void {
    const due = new Set(first);
    const turns = new Map<string, number>();
    for (const name of due) {
      due.delete(name);
      const turn = (turns.get(name) ?? 0) + 1;
      turns.set(name, turn);
      if (turn > MOST_TURNS) {
        this.isUnstable = true;
        return;
      }
      for (const changed of this.#announce(name)) due.add(changed);
    }
  }

  /** All that it was sent is from neighbours within its AS, none of which is a client. */
  #isFromPeers(name: string): boolean {
    return (this.#in.get(name) ?? []).every(({ line }) => line.internal && line.theirs.client !== true);
  }

  /** Whose paths it changes. */
  #announce(name: string): readonly string[] {
    const { all, outward } = this.#lines.get(name) ?? NOWHERE;
    // What was learned within the AS goes to few; what was sent to the others before is taken back.
    const isInward = !this.#spread.has(name) && !this.#own.has(name) && this.#isFromPeers(name);
    const lines = isInward ? outward : all;
    const changed: string[] = [];
    if (lines.length === 0) return changed;
    if (!isInward) this.#spread.add(name);
    const paths = this.paths(name);
    const onward = paths.map((path) => ({ path, way: [...path.way, name] }));
    const best = onward.slice(0, 1);
    for (const line of lines) {
      const arrived = this.#send(line, line.own.addPaths === true ? onward : best);
      const peer = line.peer.name;
      const there = this.#in.get(peer);
      const before = there?.find((arrival) => arrival.line === line);
      if (same(arrived, before?.paths ?? NONE)) continue;
      if (before !== undefined) before.paths = arrived;
      else if (there !== undefined) there.push({ line, paths: arrived });
      else this.#in.set(peer, [{ line, paths: arrived }]);
      changed.push(peer);
    }
    return changed;
  }

  /** `way`: of the path with the speaker, as the peer gets it. */
  #send(line: Line, paths: readonly { readonly path: BgpPath; readonly way: readonly string[] }[]): readonly BgpPath[] {
    const { speaker, own, peer, theirs } = line;
    const result: BgpPath[] = [];
    for (const { path, way } of paths) {
      const out = sent(line, path, way);
      if (out === undefined) continue;
      const arrived = typeof out === "string" ? out : received(line, out);
      if (typeof arrived !== "string") result.push(arrived);
      else if (typeof out === "string") this.#refuse(speaker, own, "export", arrived);
      else this.#refuse(peer, theirs, "import", arrived);
    }
    return result;
  }

  #refuse(speaker: BgpSpeaker, { name }: BgpNeighbour, direction: BgpRefusal["direction"], why: string): void {
    const refusal = { speaker: speaker.name, neighbour: name, direction, prefix: this.prefix, why };
    this.refusals.set(`${speaker.name} ${name} ${direction} ${why}`, refusal);
  }
}

function byAddress(a: string, b: string): number {
  const [one, other] = [parsePrefix(a), parsePrefix(b)];
  if (one === undefined || other === undefined || one.family !== other.family) return a < b ? -1 : 1;
  return one.value === other.value ? one.length - other.length : one.value < other.value ? -1 : 1;
}

/** Sessions and tables of these speakers. Their names are unique, and so are their addresses. */
export function convergeBgp(speakers: readonly BgpSpeaker[]): BgpResult {
  const sessions = sessionsOf(speakers);
  const lines = linesOf(speakers, sessions);
  const origins = Map.groupBy(
    speakers.flatMap((speaker) =>
      [...new Set(speaker.routes.map(({ prefix }) => prefix))].map((prefix) => ({ prefix, speaker })),
    ),
    ({ prefix }) => prefix,
  );
  const prefixes = [...origins.keys()].toSorted(byAddress);
  const tables = new Map(speakers.map(({ name }) => [name, new Map<string, BgpEntry>()]));
  const limits = new Map(speakers.map(({ name, ecmp }) => [name, ecmp]));
  const refusals: BgpRefusal[] = [];
  const unstable: string[] = [];
  for (const text of prefixes) {
    const one = new Prefix(
      text,
      lines,
      (origins.get(text) ?? []).map(({ speaker }) => speaker),
    );
    for (const name of one.speakers()) {
      const paths = one.paths(name);
      if (paths.length > 0) tables.get(name)?.set(text, entryOf(paths, limits.get(name) ?? 1));
    }
    refusals.push(...one.refusals.values());
    if (one.isUnstable) unstable.push(text);
  }
  return { tables, sessions, refusals, unstable };
}
