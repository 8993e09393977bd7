/** Puts each difference at the hop that it concerns; what concerns none is elsewhere on the way. */
import { addressMatches } from "../net/families.ts";
import { formatDifference } from "../why/differences.ts";
import type { Difference } from "../why/differences.ts";
import type { AboutHop } from "./build-hops.ts";
import type { Hop, HopKind } from "./packet-story.ts";

/** Where in a namespace a kind of thing acts; what is not here acts on a device. */
const ACTS: Readonly<Record<string, HopKind>> = {
  route: "routing",
  rule: "routing",
  sysctl: "routing",
  neigh: "neighbour",
  fdb: "forwarding",
  iptables: "netfilter",
  nft: "netfilter",
  ipset: "netfilter",
  ipvs: "netfilter",
  server: "socket",
};
const ADDRESSED: ReadonlySet<HopKind> = new Set(["routing", "neighbour", "forwarding"]);
/** The order of kinds in a namespace that passes a packet on. */
const ORDER: readonly HopKind[] = ["device", "netfilter", "conntrack", "routing", "neighbour", "forwarding", "socket"];
const PREFIX = /(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\/\d+)?|default/g;

type Attached = Omit<AboutHop, "differs" | "ids"> & { differs?: readonly string[]; ids?: readonly string[] };

export interface Differing {
  readonly hops: readonly Hop[];
  readonly elsewhere: readonly string[];
}

/** How well a hop fits: its addresses are named, or its device. */
function fit(hop: AboutHop, { text }: Difference): number {
  const named = text.match(PREFIX) ?? [];
  // Only its chains say where, not the table.
  if (hop.kind === "netfilter") return hop.about.slice(1).filter((chain) => text.includes(`${chain}:`) || text.includes(`${chain} `)).length; // prettier-ignore
  const addresses = hop.about.filter((one) => named.some((prefix) => prefix === one || addressMatches(one, prefix)));
  const words = hop.about.filter((one) => text.includes(one));
  return addresses.length * 4 + words.length * 2;
}

/** `lost`: what differs where it did not get to is a hop too, the next one. */
export function attachDifferences(
  hops: readonly AboutHop[],
  differences: readonly Difference[],
  lost: boolean,
): Differing {
  const all: Attached[] = hops.map((hop) => ({ ...hop }));
  const elsewhere: Difference[] = [];
  for (const difference of differences) {
    const there = all.filter(({ ns }) => ns === difference.ns);
    if (there.length === 0) {
      elsewhere.push(difference);
      continue;
    }
    const kind = ACTS[difference.kind] ?? "device";
    const same = there.filter((hop) => hop.kind === kind && (kind !== "netfilter" || fit(hop, difference) > 0));
    const [best] = same.toSorted((a, b) => fit(b, difference) - fit(a, difference) || all.indexOf(a) - all.indexOf(b));
    // A route, a neighbour or a forwarding entry that this packet does not need is not what is wrong with it.
    if (ADDRESSED.has(kind) && difference.kind !== "sysctl" && best !== undefined && fit(best, difference) === 0) {
      elsewhere.push(difference);
      continue;
    }
    const place = best ?? insert(all, there, kind, hookOf(difference));
    place.differs = [...(place.differs ?? []), difference.text];
    place.ids = [...new Set([...(place.ids ?? []), difference.id])];
  }
  const rest = lost ? notReached(all, elsewhere) : [];
  return {
    hops: [...all.map(withoutAbout), ...rest],
    elsewhere: lost ? [] : elsewhere.map(formatDifference),
  };
}

function withoutAbout(hop: Attached): Hop {
  const { about, ...rest } = hop;
  void about;
  return rest;
}

/** A hop for each namespace that it should have come to, or from which its answer should have come. */
function notReached(hops: readonly Attached[], differences: readonly Difference[]): readonly Hop[] {
  const answered = hops.some(({ way }) => way === "back");
  return [...Map.groupBy(differences, ({ ns }) => ns)].map(([ns, own]): Hop => {
    const passed = hops.some((hop) => hop.ns === ns);
    const [first] = own;
    return {
      way: passed || answered ? "back" : "there",
      ns,
      kind: (first === undefined ? undefined : ACTS[first.kind]) ?? "device",
      at: passed ? "the answer" : "not reached",
      what: passed ? "nothing of an answer was seen to leave" : "it did not get here",
      differs: own.map(({ text }) => text),
      ids: [...new Set(own.map(({ id }) => id))],
    };
  });
}

/** Where the rules of a chain that was not met would have acted: translation of destinations before routing, all else after. */
function hookOf({ text, kind }: Difference): HopKind | undefined {
  if (ACTS[kind] !== "netfilter") return undefined;
  const translates = /-t nat: |kube-proxy|ipvs/.test(text) && !/POSTR|MASQ|masq/.test(text);
  return translates ? undefined : "routing";
}

/** Nothing of this kind was met on the way through: that it was not is the finding. `after`: the kind behind which it belongs. */
function insert(all: Attached[], there: readonly Attached[], kind: HopKind, after?: HopKind): Attached {
  const [first] = there;
  const { way = "there", ns = "" } = first ?? {};
  const visit = there.filter((hop) => hop.way === way);
  const rank = after === undefined ? ORDER.indexOf(kind) : ORDER.indexOf(after) + 1;
  const before = visit.findLast((hop) => ORDER.indexOf(hop.kind) < rank && !hop.at.endsWith("→"));
  const at = before === undefined ? all.indexOf(visit[0] ?? (all[0] as Attached)) : all.indexOf(before) + 1;
  const made: Attached = { way, ns, kind, at: kind, what: "nothing of the lab's acted here", about: [] };
  all.splice(at, 0, made);
  return made;
}
