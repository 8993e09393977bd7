/** Follows a packet through the rules that iptables-save shows: every way that it may take, rule by rule. */
import { canonicalAddress, addressMatches } from "../net/families.ts";
import { splitHostPort, joinHostPort } from "../net/host-port.ts";
import { inPortList, portRanges } from "./iptables-rules.ts";
import { NO_SETS } from "./ip-sets.ts";
import type { IpSets } from "./ip-sets.ts";
import type { IptablesChain, IptablesRule, IptablesTables, Match } from "./iptables-rules.ts";
import { sendsFrom } from "../net/ephemeral-ports.ts";
import { isOnDevice, matchesDevice } from "./pod-devices.ts";
import { endOf, hooksOf, isLocal, startTraveller } from "./way.ts";
import type { Arrival, RulePacket, Traveller, Ways } from "./way.ts";

/** A chain of chains longer than this is a loop. */
const DEPTH = 32;

/** kube-router's firewall has such names, too. */
const isKubeProxys = (chain: string): boolean => /^KUBE-(?!ROUTER|NWPLCY|POD-FW)/.test(chain);

const IDLE: ReadonlySet<string> = new Set(["", "NFLOG"]);

/** How likely a match holds: 0, 1, or what a `statistic` says; undefined: not understood. */
type Chance = number | undefined;

const yes = (truth: boolean): number => (truth ? 1 : 0);

const HOST = /\/(?:32|128)$/;

/** A single address, as most rules name one, is compared as text. */
function isWithin(address: string, pattern: string): boolean {
  return HOST.test(pattern) ? pattern.startsWith(`${address}/`) : addressMatches(address, pattern);
}

/** `np-x-4 src`, `KUBE-LOOP-BACK dst,dst,src`. */
function inSet(value: string, packet: RulePacket, now: Traveller, sets: IpSets): Chance {
  const [name = "", flags = ""] = value.split(" ");
  const key = { from: packet.from.address, to: now.to, protocol: packet.protocol.toLowerCase(), port: now.port };
  const found = sets.has(name, flags, key);
  return found === undefined ? undefined : yes(found);
}

/** Protocols by the numbers that `-m ipvs` is listed with. */
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = { "6": "TCP", "17": "UDP", "132": "SCTP" };

function onDevice(pattern: string, address: string, { podDevices, devices }: RulePacket, way: "in" | "out"): Chance {
  const known = devices?.[way];
  if (known !== undefined) return yes(matchesDevice(pattern, known));
  const found = podDevices === undefined ? undefined : isOnDevice(podDevices, pattern, canonicalAddress(address));
  return found === undefined ? undefined : yes(found);
}

function wordMatches(match: Match, packet: RulePacket, now: Traveller, sets: IpSets): Chance {
  const { option, value } = match;
  switch (option) {
    case "-s":
      return yes(isWithin(packet.from.address, value));
    case "-d":
      return yes(isWithin(now.to, value));
    case "-i":
      return packet.from.kind === "node" ? undefined : onDevice(value, packet.from.address, packet, "in");
    case "-o":
      return onDevice(value, now.to, packet, "out");
    case "--match-set":
      return inSet(value, packet, now, sets);
    case "-p":
      return yes(value === packet.protocol.toLowerCase());
    case "--dport":
    case "--dports":
      return yes(inPortList(now.port, value));
    case "--sport":
    case "--sports": {
      const sends = sendsFrom(portRanges(value));
      return sends === undefined ? undefined : yes(sends);
    }
    case "--src-type":
      return value === "LOCAL" ? yes(packet.from.kind === "node" || isLocal(packet, packet.from.address)) : undefined;
    case "--dst-type":
      return value === "LOCAL" ? yes(isLocal(packet, now.to)) : undefined;
    case "--mark": {
      const [wanted = 0, mask = 0xffffffff] = value.split("/").map(Number);
      return yes((now.mark & mask) >>> 0 === wanted);
    }
    case "--physdev-is-in":
      // What the node sends or gets by its uplink is on no bridge.
      return yes(packet.from.kind === "pod" && packet.bridged !== false);
    case "--state":
    case "--ctstate":
      return yes(value.split(",").some((state) => state === "NEW" || (state === "DNAT" && now.endpoint !== undefined)));
    case "--ipvs":
      return yes(now.endpoint !== undefined);
    case "--vdir":
      return value === "ORIGINAL" ? yes(now.endpoint !== undefined) : undefined;
    case "--vmethod":
      return value === "MASQ" ? 1 : undefined;
    case "--vaddr":
      return yes(addressMatches(packet.to, value));
    case "--vproto":
      return yes((PROTOCOL_NUMBERS[value] ?? value.toUpperCase()) === packet.protocol);
    case "--vport":
      return yes(Number(value) === packet.port);
    case "--probability":
      return Number(value);
    case "--invert":
    // rpfilter: no answer to its source would leave where it came from.
    case "--rcheck":
    case "--update":
      // A new client: affinity does not apply yet.
      return 0;
    case "-m":
    case "--comment":
    case "--mode":
    case "--set":
    case "--name":
    case "--mask":
    case "--rsource":
    case "--seconds":
    case "--reap":
    case "--nfacct-name":
    case "--validmark":
    case "--loose":
      return 1;
    default:
      return undefined;
  }
}

function chanceOf(rule: IptablesRule, packet: RulePacket, now: Traveller, sets: IpSets): Chance {
  let chance = 1;
  let unread = false;
  for (const match of rule.matches) {
    const one = wordMatches(match, packet, now, sets);
    if (one === undefined) unread = true;
    else chance *= match.negated ? 1 - one : one;
  }
  // A rule that certainly does not match need not be understood.
  return chance === 0 ? 0 : unread ? undefined : chance;
}

/** `-m recent --rcheck --seconds 10800`. */
function affinityOf(rule: IptablesRule): number | undefined {
  if (!rule.matches.some((match) => match.option === "--rcheck")) return undefined;
  const seconds = rule.matches.find((match) => match.option === "--seconds")?.value;
  return seconds === undefined ? undefined : Number(seconds);
}

export class IptablesWalk {
  readonly unread = new Set<string>();
  affinitySeconds: number | undefined;
  readonly #tables: IptablesTables;
  readonly #packet: RulePacket;
  readonly #sets: IpSets;

  constructor(tables: IptablesTables, packet: RulePacket, sets: IpSets) {
    this.#tables = tables;
    this.#packet = packet;
    this.#sets = sets;
  }

  /** A built-in chain with its policy. */
  hook(table: string, name: string, start: Traveller): Arrival[] {
    const chain = this.#tables.get(table)?.get(name);
    if (chain === undefined) return [{ traveller: start, exit: "accept" }];
    return this.#chain(table, name, chain, start, 0).map(({ traveller, exit }) => ({
      traveller,
      exit: exit === "return" ? (chain.policy === "DROP" ? "drop" : "accept") : exit,
    }));
  }

  /** The same for what has come so far; ways that ended there are not changed. */
  through(table: string, name: string, here: readonly Arrival[]): Arrival[] {
    return here.flatMap((one) =>
      one.exit === "drop" || one.exit === "reject" ? [one] : this.hook(table, name, one.traveller),
    );
  }

  #chain(table: string, name: string, chain: IptablesChain, start: Traveller, depth: number): Arrival[] {
    const arrivals: Arrival[] = [];
    let here = [start];
    for (const [index, rule] of chain.rules.entries()) {
      const staying: Traveller[] = [];
      for (const now of here) {
        const chance = chanceOf(rule, this.#packet, now, this.#sets);
        this.affinitySeconds ??= affinityOf(rule);
        // One that only counts or logs changes nothing, matched or not.
        if (chance === undefined && !IDLE.has(rule.target ?? ""))
          this.unread.add(`-t ${table} -A ${name} ${rule.text}`);
        if (chance === undefined || chance === 0) {
          staying.push(now);
          continue;
        }
        if (chance < 1) staying.push({ ...now, probability: now.probability * (1 - chance) });
        const matched = { ...now, probability: now.probability * chance };
        for (const arrival of this.#target(table, name, index, rule, matched, depth)) {
          if (arrival.exit === "return" && !rule.isGoto && rule.target !== "RETURN") staying.push(arrival.traveller);
          else arrivals.push(arrival);
        }
      }
      here = staying;
    }
    return [...arrivals, ...here.map((traveller): Arrival => ({ traveller, exit: "return" }))];
  }

  #target(table: string, chain: string, index: number, rule: IptablesRule, now: Traveller, depth: number): Arrival[] {
    const step = (effect: string, change: Partial<Traveller> = {}): Traveller => ({
      ...now,
      ...change,
      steps: [...now.steps, { table, chain, index, rule: rule.text, effect, packets: rule.packets }],
    });
    const leave = (exit: Arrival["exit"], effect: string, change?: Partial<Traveller>): Arrival[] => [
      { traveller: step(effect, change), exit },
    ];
    const { target = "", options } = rule;
    switch (target) {
      case "":
      case "NFLOG":
      case "LOG":
      case "CT":
      case "NOTRACK":
        return [{ traveller: now, exit: "return" }];
      case "ACCEPT":
        return leave("accept", "accept", { accepted: isKubeProxys(chain) });
      case "DROP":
        return leave("drop", "drop");
      case "REJECT": {
        const answer = options["--reject-with"];
        return leave("reject", answer === undefined ? "reject" : `reject with ${answer}`);
      }
      case "RETURN":
        return leave("return", "return");
      case "MARK": {
        const [value = 0, mask = 0xffffffff] = (options["--set-xmark"] ?? "0/0").split("/").map(Number);
        const mark = ((now.mark & ~mask) ^ value) >>> 0;
        return leave("return", `mark becomes 0x${mark.toString(16)}`, { mark });
      }
      case "DNAT": {
        const to = options["--to-destination"] ?? "";
        const { address, port } = splitHostPort(to);
        return leave("accept", `DNAT to ${to}`, { to: canonicalAddress(address), port, endpoint: to });
      }
      case "REDIRECT": {
        const [own = ""] = this.#packet.localAddresses;
        const port = Number(options["--to-ports"]);
        const endpoint = joinHostPort(own, port);
        return leave("accept", `redirected to port ${port} of the node`, { to: own, port, endpoint });
      }
      case "SNAT":
        if (!rule.matches.some(({ option }) => option === "--ipvs" || option === "--vaddr")) break;
        return leave("accept", `SNAT to ${options["--to-source"] ?? ""}`, { masquerade: true });
      case "MASQUERADE":
        // The network plugin's own masquerade is not kube-proxy's: only KUBE-POSTROUTING answers for the Service.
        return leave("accept", "masquerade", { masquerade: now.masquerade || isKubeProxys(chain) });
    }
    const next = this.#tables.get(table)?.get(target);
    if (next === undefined || depth >= DEPTH) {
      this.unread.add(`-t ${table} -A ${chain} ${rule.text}`);
      return [{ traveller: now, exit: "return" }];
    }
    return this.#chain(table, target, next, step(`${rule.isGoto ? "goto" : "jump"} ${target}`), depth + 1);
  }
}

/** Tables nat and filter; others do not decide about Services. */
export function walkIptables(tables: IptablesTables, packet: RulePacket, sets: IpSets = NO_SETS): Ways {
  const walk = new IptablesWalk(tables, packet, sets);
  const first = packet.from.kind === "node" ? "OUTPUT" : "PREROUTING";
  const ways = walk.hook("nat", first, startTraveller(packet)).flatMap((routed) => {
    let here: Arrival[] = [routed];
    for (const hook of hooksOf(packet, routed.traveller.to)) {
      const [table, chain] =
        hook === "postrouting" ? (["nat", "POSTROUTING"] as const) : (["filter", hook.toUpperCase()] as const);
      here = walk.through(table, chain, here);
    }
    return here.map(({ traveller, exit }) => endOf(traveller, exit));
  });
  return { ways, unread: [...walk.unread], affinitySeconds: walk.affinitySeconds };
}

/** One chain of table filter alone (mangle before routing): what a node does with a packet there, its addresses being what they are. */
export function passIptables(
  tables: IptablesTables,
  hook: "prerouting" | "forward" | "input" | "output",
  packet: RulePacket,
  sets: IpSets,
): Ways {
  const walk = new IptablesWalk(tables, packet, sets);
  const ways = walk
    .hook(hook === "prerouting" ? "mangle" : "filter", hook.toUpperCase(), startTraveller(packet))
    .map(({ traveller, exit }) => endOf(traveller, exit));
  return { ways, unread: [...walk.unread] };
}
