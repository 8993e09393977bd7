/** A policy's rules as Felix renders them: one match, or match blocks where one rule cannot say it all (felix/rules/policy.go). */
import type { Family } from "../../../../net/family.ts";
import type { Cause } from "../../../../cause.ts";
import { setName } from "../names.ts";
import type { FelixMarks } from "./config.ts";
import { jump, match, RETURN, rule, setMark } from "./rule.ts";
import type { FelixAction, FelixMatch, FelixRule, PacketEnd, PortRange } from "./rule.ts";

/** What one end of a packet must be, and must not be. All of it holds. */
interface EndMatch {
  /** Any of these. */
  readonly nets?: readonly string[] | undefined;
  /** Ids of sets, all of which it must be in. */
  readonly sets?: readonly string[] | undefined;
  readonly ports?: readonly PortRange[] | undefined;
  /** Ids of sets of address and port, in place of `ports` or besides. */
  readonly namedPorts?: readonly string[] | undefined;
  /** Ids of sets of address and port, all of which it must be in: what serves a Service. */
  readonly services?: readonly string[] | undefined;
}

export interface FelixEnd extends EndMatch {
  readonly not?: EndMatch | undefined;
}

export interface FelixPolicyRule {
  readonly action: "allow" | "deny" | "pass" | "log";
  readonly ipVersion?: 4 | 6 | undefined;
  readonly protocol?: string | number | undefined;
  readonly notProtocol?: string | number | undefined;
  readonly source: FelixEnd;
  readonly destination: FelixEnd;
  readonly icmp?: { readonly type: number; readonly code?: number | undefined } | undefined;
  readonly notIcmp?: { readonly type: number; readonly code?: number | undefined } | undefined;
  readonly cause?: Cause | undefined;
}

const SLOTS = 15;

/** Lists that fit into one multiport match each: a range takes two of its 15 places. */
export function splitPorts(ports: readonly PortRange[]): readonly (readonly PortRange[])[] {
  const lists: PortRange[][] = [];
  let room = 0;
  for (const port of ports) {
    const size = port.first === port.last ? 1 : 2;
    if (room < size || lists.length === 0) {
      lists.push([]);
      room = SLOTS;
    }
    lists.at(-1)?.push(port);
    room -= size;
  }
  return lists;
}

/** Nets of the family; undefined: there were some, and none of it is. */
function netsOf(nets: readonly string[] | undefined, family: Family, negated: boolean): readonly string[] | undefined {
  if (nets === undefined || nets.length === 0) return [];
  const own = nets.filter((net) => net.includes(":") === (family === "ipv6"));
  const all = family === "ipv4" ? "0.0.0.0/0" : "::/0";
  return own.length === 0 || (negated && own.includes(all)) ? undefined : own;
}

function inFamily(end: FelixEnd, family: Family): FelixEnd | undefined {
  const nets = netsOf(end.nets, family, false);
  const not = netsOf(end.not?.nets, family, true);
  return nets === undefined || not === undefined ? undefined : { ...end, nets, not: { ...end.not, nets: not } };
}

/** Rules that set one bit if every block of alternatives has a match. */
class MatchBlocks {
  readonly rules: FelixRule[] = [];
  readonly #marks: FelixMarks;
  #positive = false;

  constructor(marks: FelixMarks) {
    this.#marks = marks;
  }

  /** `alternatives`: any of them. */
  positive(alternatives: readonly (readonly FelixMatch[])[]): void {
    const { scratch0, scratch1 } = this.#marks;
    this.#begin(0);
    const bit = this.#positive ? scratch1 : scratch0;
    this.rules.push(...alternatives.map((one) => rule(one, setMark(bit))));
    if (this.#positive) this.rules.push(rule(match.unmarked(scratch1), setMark(0, scratch0)));
    this.#positive = true;
  }

  /** None of them. */
  negative(alternatives: readonly (readonly FelixMatch[])[]): void {
    const { scratch0 } = this.#marks;
    this.#begin(scratch0);
    this.rules.push(...alternatives.map((one) => rule(one, setMark(0, scratch0))));
  }

  #begin(bits: number): void {
    const { scratch0, scratch1 } = this.#marks;
    if (this.rules.length === 0)
      this.rules.push(rule([], { does: "mark", bits, mask: scratch0 | scratch1, zeroAsHex: true }));
  }
}

function protocolMatch(protocol: string | number | undefined, not = false): readonly FelixMatch[] {
  return protocol === undefined ? [] : match.protocol(protocol, not);
}

/** Takes into blocks what one rule cannot have; what is left. */
function withoutBlocks(
  end: FelixEnd,
  side: PacketEnd,
  pick: "ports" | "nets" | "not",
  blocks: MatchBlocks,
  whole: Whole,
): FelixEnd {
  const { nets = [], ports = [], namedPorts = [], not } = end;
  if (pick === "ports") {
    const lists = splitPorts(ports);
    if (lists.length + namedPorts.length <= 1) return end;
    blocks.positive([
      ...lists.map((list) => [...whole.protocol, ...match.ports(side, list)]),
      ...namedPorts.map((id) => match.inPortedSet(setName(id, whole.family), side)),
    ]);
    return { ...end, ports: [], namedPorts: [] };
  }
  if (pick === "nets") {
    if (nets.length <= 1) return end;
    blocks.positive(nets.map((net) => match.net(side, net)));
    return { ...end, nets: [] };
  }
  const notNets = not?.nets ?? [];
  if (nets.length + notNets.length <= 1) return end;
  if (notNets.length > 0 || nets.length > 0) blocks.negative(notNets.map((net) => match.net(side, net)));
  return { ...end, not: { ...not, nets: [] } };
}

interface Whole {
  readonly protocol: readonly FelixMatch[];
  readonly family: Family;
}

function endMatch(
  { nets = [], sets = [], ports = [], namedPorts = [], services = [] }: EndMatch,
  side: PacketEnd,
  family: Family,
  negated: boolean,
): readonly FelixMatch[] {
  const ofNets = nets.flatMap((net) => match.net(side, net, negated));
  const ofSets = sets.flatMap((id) => match.inSet(setName(id, family), side, negated));
  return [
    ...ofNets,
    ...ofSets,
    ...services.flatMap((id) => match.inPortedSet(setName(id, family), side, negated)),
    ...splitPorts(ports).flatMap((list) => match.ports(side, list, negated)),
    ...namedPorts.flatMap((id) => match.inPortedSet(setName(id, family), side, negated)),
  ];
}

function icmpMatch(icmp: FelixPolicyRule["icmp"], family: Family, negated: boolean): readonly FelixMatch[] {
  return icmp === undefined ? [] : match.icmp(family, icmp.type, icmp.code, negated);
}

function ruleMatch(
  { protocol, notProtocol, source, destination, icmp, notIcmp }: FelixPolicyRule,
  family: Family,
): readonly FelixMatch[] {
  return [
    ...protocolMatch(protocol),
    ...endMatch(source, "source", family, false),
    ...endMatch(destination, "destination", family, false),
    ...icmpMatch(icmp, family, false),
    ...protocolMatch(notProtocol, true),
    ...endMatch(source.not ?? {}, "source", family, true),
    ...endMatch(destination.not ?? {}, "destination", family, true),
    ...icmpMatch(notIcmp, family, true),
  ];
}

/** How verdicts are written and logged. */
export interface VerdictWords {
  readonly marks: FelixMarks;
  readonly deny: "DROP" | "REJECT";
  /** Flow logs: group and prefix for a verdict (A, D, P). Absent: none. */
  readonly nflog?: ((verdict: "A" | "D" | "P") => { readonly group: number; readonly prefix: string }) | undefined;
}

const LOG: FelixAction = { does: "log", prefix: "calico-packet" };

function verdictRules(
  action: FelixPolicyRule["action"],
  what: readonly FelixMatch[],
  how: VerdictWords,
): readonly FelixRule[] {
  if (action === "log") return [rule(what, LOG)];
  const { marks, deny, nflog } = how;
  const [bit, letter] = { allow: [marks.accept, "A"], pass: [marks.pass, "P"], deny: [marks.drop, "D"] }[action] as [
    number | undefined,
    "A" | "D" | "P",
  ];
  const last = action === "deny" ? jump(deny) : RETURN;
  const marked = bit === undefined ? what : match.marked(bit);
  return [
    ...(bit === undefined ? [] : [rule(what, setMark(bit))]),
    ...(nflog === undefined ? [] : [rule(marked, { does: "nflog", ...nflog(letter) })]),
    rule(marked, last),
  ];
}

/** None: the rule is about the other family, or about nothing. */
export function policyRule(one: FelixPolicyRule, family: Family, how: VerdictWords): readonly FelixRule[] {
  if (one.ipVersion !== undefined && (one.ipVersion === 6) !== (family === "ipv6")) return [];
  let source = inFamily(one.source, family);
  let destination = inFamily(one.destination, family);
  if (source === undefined || destination === undefined) return [];
  const blocks = new MatchBlocks(how.marks);
  const whole: Whole = { protocol: protocolMatch(one.protocol), family };
  for (const pick of ["ports", "nets"] as const) {
    source = withoutBlocks(source, "source", pick, blocks, whole);
    destination = withoutBlocks(destination, "destination", pick, blocks, whole);
  }
  source = withoutBlocks(source, "source", "not", blocks, whole);
  destination = withoutBlocks(destination, "destination", "not", blocks, whole);
  const direct = ruleMatch({ ...one, source, destination }, family);
  const all = blocks.rules.length === 0 ? direct : [...direct, ...match.marked(how.marks.scratch0)];
  const rules = [...blocks.rules, ...verdictRules(one.action, all, how)];
  return one.cause === undefined ? rules : rules.map((it) => ({ ...it, cause: one.cause }));
}

/** The rules of a chain: returns at its end are left out, and the first rule says whose they are. */
export function policyChainRules(rules: readonly FelixRule[], comment: string): readonly FelixRule[] {
  const end = rules.findLastIndex(({ action }) => action !== RETURN);
  const [first = rule([]), ...others] = rules.slice(0, end + 1);
  return [{ ...first, comments: [...first.comments, comment] }, ...others];
}
