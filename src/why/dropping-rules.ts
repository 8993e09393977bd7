/** Rules of iptables and nftables that dropped or refused the packet: their counters went up while it was under way. */
import { addressMatches } from "../net/families.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import { DENIED_COMMENT, ENDPOINT_CHAIN, POD_REJECT } from "../resources/policy-names.ts";
import { inPortList, parseIptablesSave, type IptablesRule } from "../installed/iptables-rules.ts";
import { devicesIn, type PacketShape, type PacketWay } from "./packet-way.ts";

export interface DroppingRule {
  readonly ns: string;
  /** `iptables -t filter -A FORWARD -s 10.0.0.1/32 -j DROP`. */
  readonly text: string;
  /** A NetworkPolicy's rule: `ingress x/a by x/deny`, as in the log. */
  readonly policy?: string | undefined;
}

/** Has the lab made this rule of a chain? */
export type IsOwnRule = (chain: string, rule: string) => boolean;

const DROPPING: ReadonlySet<string> = new Set(["DROP", "REJECT"]);
/** The comment of a policy's rule. */
const POLICY_RULE = new RegExp(DENIED_COMMENT);

/** Rules that may have matched one of the packet's forms and counted during the probe. */
export function droppingRules(
  ns: string,
  way: PacketWay,
  before: RuleListing,
  after: RuleListing,
  isOwn: IsOwnRule,
): readonly DroppingRule[] {
  const devices = devicesIn(way, ns);
  const tool = way.family === "ipv6" ? "ip6tables" : "iptables";
  const texts = [
    ...iptablesDrops(before.iptables, after.iptables, way, devices, isOwn).map((text) => `${tool} ${text}`),
    ...nftDrops(before, after, way, devices),
  ];
  return texts.flatMap((text): DroppingRule[] => {
    const [isPolicy, pod = "", direction, names = ""] = POLICY_RULE.exec(text) ?? [];
    const [, refused] = POD_REJECT.exec(text) ?? [];
    if (isPolicy === undefined) return refused === undefined || way.namespaces.includes(refused) ? [{ ns, text }] : [];
    // Packets of other probes are denied at the same time.
    return way.namespaces.includes(pod) ? [{ ns, text, policy: `${direction} ${pod} by ${names.replaceAll(", ", ",")}` }] : []; // prettier-ignore
  });
}

function iptablesDrops(
  before: string,
  after: string,
  way: PacketWay,
  devices: ReadonlySet<string>,
  isOwn: IsOwnRule,
): string[] {
  const counts = new Map<string, number>();
  for (const { key, packets } of iptablesCounts(before)) counts.set(key, packets);
  return iptablesCounts(after).flatMap(({ key, chain, text, packets, rule }) => {
    if (packets <= (counts.get(key) ?? 0)) return [];
    if (rule === undefined) return [text];
    if (isOfAnother(chain, devices)) return [];
    // A rule of the lab itself with matches that are not understood here may have counted other packets.
    const verdicts = new Set(way.shapes.map((shape) => ruleMatches(rule, shape, devices)));
    const meant = verdicts.has(true) || (verdicts.has(undefined) && !isOwn(chain, rule.text));
    return meant ? [text] : [];
  });
}

/** Felix has a chain per device: others' packets are not this one. */
function isOfAnother(chain: string, devices: ReadonlySet<string>): boolean {
  const [, device] = ENDPOINT_CHAIN.exec(chain) ?? [];
  return device !== undefined && !devices.has(device);
}

interface Counted {
  readonly key: string;
  readonly chain: string;
  readonly text: string;
  readonly packets: number;
  /** Absent: a built-in chain's policy. */
  readonly rule?: IptablesRule | undefined;
}

function iptablesCounts(listing: string): Counted[] {
  const policies: Counted[] = [];
  let table = "";
  for (const line of listing.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1).trim();
    const [, chain, packets] = /^:(\S+) DROP \[(\d+):/.exec(line) ?? [];
    if (chain !== undefined)
      policies.push({
        key: `${table} ${chain} policy`,
        chain,
        text: `-t ${table} -P ${chain} DROP`,
        packets: Number(packets),
      });
  }
  const rules = [...parseIptablesSave(listing)].flatMap(([name, chains]) =>
    [...chains].flatMap(([chain, { rules: all }]) =>
      all.flatMap((rule, index): Counted[] => {
        if (!DROPPING.has(rule.target ?? "")) return [];
        const twins = all.slice(0, index).filter(({ text }) => text === rule.text).length;
        const key = `${name} ${chain} ${rule.text} ${twins}`;
        return [{ key, chain, text: `-t ${name} -A ${chain} ${rule.text}`, packets: rule.packets, rule }];
      }),
    ),
  );
  return [...rules, ...policies];
}

/** True and false where every word of the rule is understood and decides; undefined where the packet may match. */
export function ruleMatches(
  { matches }: Pick<IptablesRule, "matches">,
  shape: PacketShape,
  devices: ReadonlySet<string>,
): boolean | undefined {
  let sure = true;
  for (const { option, value, negated } of matches) {
    const is = wordIs(option, value, shape, devices, negated);
    if (is === undefined) sure = false;
    else if (is === negated) return false;
  }
  return sure ? true : undefined;
}

function wordIs(
  option: string,
  value: string,
  { from, to, ports, protocol }: PacketShape,
  devices: ReadonlySet<string>,
  negated: boolean,
): boolean | undefined {
  switch (option) {
    case "-s":
      return from === "" ? undefined : addressMatches(from, value);
    case "-d":
      return addressMatches(to, value);
    case "-i":
    case "-o":
      return value.endsWith("+") ? undefined : devices.has(value);
    case "-p":
      return value === protocol || (protocol === "icmp" && /^(?:ipv6-)?icmp/.test(value));
    case "--dport":
    case "--dports":
      return ports === undefined ? undefined : inPortList(ports[1], value);
    case "--sport":
    case "--sports":
      return ports === undefined || ports[0] === 0 ? undefined : inPortList(ports[0], value);
    case "--state":
    case "--ctstate":
      return value.split(",").includes("NEW") ? true : undefined;
    case "--mark":
      // Nothing has marked it yet.
      return /^0(?:x0)?\//.test(value) ? true : negated ? false : undefined;
    case "-m":
    case "--comment":
      return true;
    default:
      return undefined;
  }
}

/** Rules with a counter. Tables that iptables manages are listed by iptables. */
function nftDrops(before: RuleListing, after: RuleListing, way: PacketWay, devices: ReadonlySet<string>): string[] {
  const counts = new Map(nftRules(before).map(({ key, packets }) => [key, packets]));
  return nftRules(after).flatMap(({ key, place, text, packets }) => {
    if (isOfAnother(place.slice(place.lastIndexOf(" ") + 1), devices)) return [];
    const grew = packets !== undefined && packets > (counts.get(key) ?? 0);
    return grew && way.shapes.some((shape) => nftMayMatch(text, shape)) ? [`nft ${place}: ${text}`] : [];
  });
}

export interface NftRuleText {
  /** Table, chain and handle. */
  readonly key: string;
  /** `inet filter`, family and table. */
  readonly table: string;
  /** `inet filter forward`. */
  readonly place: string;
  /** Without counter and handle. */
  readonly text: string;
  /** Absent: it does not count. */
  readonly packets?: number | undefined;
}

/** Rules that end in drop or reject, and chains whose policy is to drop, of `nft -a list ruleset`; without the tables that iptables keeps in nftables and lists itself. */
export function nftRules({ nft, iptables }: RuleListing): NftRuleText[] {
  const managed = new Set([...iptables.matchAll(/^\*(\S+)$/gm)].flatMap(([, name]) => [`ip ${name}`, `ip6 ${name}`]));
  const found: NftRuleText[] = [];
  let table = "";
  let chain = "";
  for (const line of nft.split("\n")) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const place = `${table} ${chain}`;
    if (/^\t\ttype filter .* policy drop;/.test(line) && !managed.has(table))
      found.push({ key: `${place} policy`, table, place, text: "policy drop" });
    const [, words = "", handle] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? [];
    if (managed.has(table) || handle === undefined || !/\b(drop|reject)\b/.test(words)) continue;
    if (/^(elements|type|flags) /.test(words)) continue;
    const packets = /counter packets (\d+)/.exec(words)?.[1];
    const text = words.replace(/ ?counter packets \d+ bytes \d+/, "").trim();
    found.push({ key: `${place} ${handle}`, table, place, text, packets: packets === undefined ? undefined : Number(packets) }); // prettier-ignore
  }
  return found;
}

/** False only where a word certainly refers to other packets. */
export function nftMayMatch(text: string, { from, to, ports, protocol }: PacketShape): boolean {
  const value = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const [saddr, daddr] = [value(/ip6? saddr (\S+)/), value(/ip6? daddr (\S+)/)];
  const plain = (word: string | undefined): word is string => word !== undefined && /^[0-9a-f.:/]+$/i.test(word);
  if (plain(saddr) && from !== "" && !addressMatches(from, saddr)) return false;
  if (plain(daddr) && !addressMatches(to, daddr)) return false;
  const [, l4, port] = /\b(tcp|udp|sctp) dport (\d+)\b/.exec(text) ?? [];
  if (l4 !== undefined && (l4 !== protocol || (ports !== undefined && ports[1] !== Number(port)))) return false;
  const only = value(/\b(?:meta l4proto|ip protocol) (tcp|udp|sctp|icmp)\b/);
  if (only !== undefined && only !== protocol) return false;
  return !(/\bicmpv?6? type\b/.test(text) && protocol !== "icmp");
}
