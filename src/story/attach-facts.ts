/** Puts what is not as the lab says at the hop that it concerns; what concerns none is elsewhere on the way. */
import { addressMatches } from "../net/families.ts";
import { definitionOf } from "../resources/definitions.ts";
import { formatFact } from "../why/differences.ts";
import { saidOf } from "../why/fact.ts";
import type { Fact } from "../why/fact.ts";
import type { AboutHop } from "./build-hops.ts";
import { withoutComment } from "./netfilter-hop.ts";
import { Placed } from "./placed-hops.ts";
import type { PlacedHop } from "./placed-hops.ts";
import { NOT_REACHED } from "./packet-story.ts";
import type { Hop, HopKind } from "./packet-story.ts";

const ADDRESSED: ReadonlySet<HopKind> = new Set(["routing", "neighbour", "forwarding"]);
const PREFIX = /(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\/\d+)?|default/g;
/** What settings other than those of routing are about. */
const SETTINGS: readonly (readonly [RegExp, HopKind])[] = [
  [/bridge[-.]nf[-.]call/, "forwarding"],
  [/echo_ignore/, "socket"],
  [/\.arp_|proxy_arp|\.ndisc_/, "neighbour"],
  [/disable_ipv6|\.mtu/, "device"],
];

/** A namespace that does not forward answers for no others. */
const FORWARDING = /^(?:sysctl )?net[./]ipv[46][./].*forward(?:ing)?\b/;

export interface Attached {
  readonly hops: readonly Hop[];
  /** Texts of what acts where a packet meets it, or not at all. */
  readonly inPlace: ReadonlySet<string>;
  /** Texts of what acts on packets that are there only. */
  readonly behind: ReadonlySet<string>;
  readonly elsewhere: readonly string[];
  /** What others have added, at no hop of this packet. */
  readonly foreign: readonly string[];
}

function actsAt(fact: Fact): HopKind {
  const { text, hook, metAt } = fact;
  if (hook !== undefined) return "device";
  const setting = isSetting(fact) ? SETTINGS.find(([about]) => about.test(text))?.[1] : undefined;
  return setting ?? metAt ?? definitionOf(fact).metAt ?? "device";
}

function isSetting({ text }: Fact): boolean {
  return /^(?:sysctl )?net[./]/.test(text);
}

/** It stops a packet, or has no part in what becomes of it. */
function actsInPlace(fact: Fact): boolean {
  const { hook, added, text } = fact;
  if (isSetting(fact)) return !/bridge[-.]nf[-.]call/.test(text);
  if (hook !== undefined) return true;
  return (
    added === true && actsAt(fact) === "netfilter" && !/-j (?:[SD]NAT|MASQUERADE|REDIRECT|CT|MARK|TPROXY)\b/.test(text)
  );
}

/** It does not keep a packet from getting there: its device, its address, and what answers for it do. */
function actsBehind(fact: Fact, answersForOthers: boolean): boolean {
  if (answersForOthers && FORWARDING.test(fact.text)) return false;
  const isDevice = actsAt(fact) === "device";
  if (isDevice || fact.text.startsWith("route local ")) return false;
  return !isSetting(fact) || actsAt(fact) !== "neighbour";
}

/** How well a hop fits: its addresses are named, or its device. */
function fit({ kind, about }: PlacedHop, { text }: Fact): number {
  const named = text.match(PREFIX) ?? [];
  // Only its chains say where, not the table.
  if (kind === "netfilter") return about.slice(1).filter((chain) => text.includes(`${chain}:`) || text.includes(`${chain} `)).length; // prettier-ignore
  const addresses = about.filter((one) => named.some((prefix) => prefix === one || addressMatches(one, prefix)));
  const words = about.filter((one) => text.includes(one));
  return addresses.length * 4 + words.length * 2;
}

/** What else is known of the packet. */
export interface PacketFate {
  /** What differs where it did not get to is a hop too, the next one. */
  readonly lost: boolean;
  /** Whether it was reported which rules it met in a namespace. */
  readonly traced: (ns: string) => boolean;
  /** Whether a rule's counter says that it has dropped it: `-d 10.0.0.1 -j DROP`. */
  readonly dropped: (ns: string, rule: string) => boolean;
  /** Whether a namespace answers for addresses that are others'. */
  readonly answersForOthers: (ns: string) => boolean;
}

export function attachFacts(hops: readonly AboutHop[], facts: readonly Fact[], fate: PacketFate): Attached {
  const { lost } = fate;
  const placed = new Placed(hops);
  const elsewhere: Fact[] = [];
  const foreign: Fact[] = [];
  for (const fact of facts) {
    const hop = placed.passes(fact.ns) ? hopFor(placed, fact, fate) : undefined;
    if (hop !== undefined) placed.attach(hop, fact);
    else if (fact.added === true && (fact.hook === undefined || placed.passes(fact.ns))) foreign.push(fact);
    else elsewhere.push(fact);
  }
  // A fault says the same of all that it does.
  const saidBy = (is: (fact: Fact) => boolean): ReadonlySet<string> =>
    new Set(facts.filter(is).map(saidOf)).difference(new Set(facts.filter((fact) => !is(fact)).map(saidOf)));
  const rest = lost ? notReached(placed.all, elsewhere) : [];
  return {
    hops: [...placed.hops(), ...rest],
    inPlace: saidBy(actsInPlace),
    behind: saidBy((fact) => actsBehind(fact, fate.answersForOthers(fact.ns))),
    elsewhere: lost ? [] : elsewhere.filter(({ fault }) => fault === undefined).map(formatFact),
    foreign: foreign.filter(({ fault }) => fault === undefined).map(formatFact),
  };
}

/** Undefined: it concerns no hop. */
function hopFor(placed: Placed, fact: Fact, fate: PacketFate): PlacedHop | undefined {
  const kind = actsAt(fact);
  const { ns } = fact;
  const there = placed.in(ns);
  const best = (of: readonly PlacedHop[]): PlacedHop | undefined =>
    of.toSorted((a, b) => fit(b, fact) - fit(a, fact) || placed.all.indexOf(a) - placed.all.indexOf(b))[0];
  const same = there.filter((hop) => hop.kind === kind);
  if (fact.hook !== undefined) return atDevice(placed, fact, fact.hook);
  if (kind === "netfilter" && fact.added === true) return metRule(placed, fact, same, fate);
  if (kind === "netfilter")
    return best(same.filter((hop) => fit(hop, fact) > 0)) ?? placed.insert(ns, kind, hookOf(fact));
  if (fact.kind === "file") return placed.begin(ns, kind, "resolver");
  if (isSetting(fact) && fact.added === true && !placed.isLostIn(ns)) return undefined;
  if (ADDRESSED.has(kind) && !isSetting(fact) && same.length > 0) {
    const fitting = /^ip (?:-6 )?rule /.test(fact.text)
      ? (same.find(({ lost }) => lost) ?? best(same))
      : best(same.filter((hop) => fit(hop, fact) > 0));
    // A route, a neighbour or a forwarding entry that this packet does not need is not what is wrong with it.
    return fitting;
  }
  if (fact.added === true && ADDRESSED.has(kind) && !placed.isLostIn(ns)) return undefined;
  if (kind === "device") {
    const fitting = best(same.filter((hop) => fit(hop, fact) > 0));
    const device = /^([\w.-]+): /.exec(fact.text)?.[1];
    if (fitting === undefined && device !== undefined && placed.isLostIn(ns)) return placed.end(ns, kind, device);
    return fitting ?? same[0] ?? placed.insert(ns, kind);
  }
  return best(same) ?? placed.insert(ns, kind);
}

/** What a device takes in or gives out: there, or where it would have been seen next. */
function atDevice(
  placed: Placed,
  { ns }: Fact,
  { device, direction }: NonNullable<Fact["hook"]>,
): PlacedHop | undefined {
  const at = direction === "in" ? `→ ${device}` : `${device} →`;
  const seen = placed.in(ns).filter((hop) => hop.kind === "device" && hop.at === at);
  const found = seen.find(({ lost }) => lost) ?? seen[0];
  if (direction === "in" && found !== undefined) return found;
  return placed.isLostIn(ns) ? placed.end(ns, "device", at) : found;
}

/** Where the packet met it. Where rules are not reported, where it was lost. */
function metRule(
  placed: Placed,
  fact: Fact,
  same: readonly PlacedHop[],
  { traced, dropped }: PacketFate,
): PlacedHop | undefined {
  const { ns, text, table } = fact;
  const rule = / rule \S+ (.*) (?:is not part|was not made)/.exec(text)?.[1];
  const [, place, words] = /^nft \S+ (\S+ \S+): (.*) (?:is not part|was not made)/.exec(text) ?? [];
  const chain = /: (?:rule|policy \S+ of) (\S+)/.exec(text)?.[1];
  const xtable = /^ip6?tables (\S+):/.exec(text)?.[1];
  const isMet = ({ about, what, rules = [] }: PlacedHop): boolean => {
    if (table !== undefined) return about[0] === table;
    if (place !== undefined)
      return (
        about.slice(0, 2).join(" ") === place &&
        (words === "policy drop" ? what.includes("by the policy") : what.includes(words ?? ""))
      );
    if (about[0] !== xtable || (chain !== undefined && !about.includes(chain))) return false;
    return rule === undefined ? what.includes("by the policy") : rules.includes(withoutComment(rule));
  };
  const met = same.filter(isMet);
  const found = met.find(({ lost }) => lost) ?? met[0];
  if (found !== undefined || !placed.isLostIn(ns)) return found;
  // A tunnel's own packet is none that they report.
  if (dropped(ns, words ?? rule ?? `-P ${chain ?? ""} DROP`))
    return placed.end(ns, "netfilter", chain ?? place ?? "rules");
  return traced(ns) ? undefined : placed.insert(ns, "netfilter", hookOf(fact));
}

/** A hop for each namespace that it should have come to, or from which its answer should have come. */
function notReached(hops: readonly PlacedHop[], facts: readonly Fact[]): readonly Hop[] {
  const answered = hops.some(({ way }) => way === "back");
  return [...Map.groupBy(facts, ({ ns }) => ns)].map(([ns, own]): Hop => {
    const passed = hops.some((hop) => hop.ns === ns);
    const [first] = own;
    const ids = own.flatMap(({ id }) => id ?? []);
    return {
      way: passed || answered ? "back" : "there",
      ns,
      kind: first === undefined ? "device" : actsAt(first),
      at: passed ? "the answer" : NOT_REACHED,
      what: passed ? "no answer was seen leaving" : "it did not get here",
      differs: [...new Set(own.map(saidOf))],
      ...(ids.length === 0 ? {} : { ids: [...new Set(ids)] }),
    };
  });
}

/** Where the rules of a chain that was not met would have acted: translation of destinations before routing, all else after. */
function hookOf({ text }: Fact): HopKind | undefined {
  if (/ rule (?:PREROUTING|OUTPUT) /.test(text)) return undefined;
  const translates = /-t nat: |kube-proxy|ipvs/.test(text) && !/POSTR|MASQ|masq/.test(text);
  return translates ? undefined : "routing";
}
