/** Follows a packet through an nftables table: every way that it may take, rule by rule. */
import { canonicalAddress } from "../net/families.ts";
import { joinHostPort } from "../net/host-port.ts";
import { NftElements } from "./nft-elements.ts";
import { NftMatches, UNREAD } from "./nft-match.ts";
import { countOf, deviceWay, isObject, listOf, textOf } from "./nft-rules.ts";
import type { NftChain, NftObject, NftRule, NftTable, NftValue } from "./nft-rules.ts";
import type { StopTable, Walker } from "./passage.ts";
import { endOf, hooksOf, startTraveller } from "./way.ts";
import type { Arrival, RulePacket, Traveller, Ways } from "./way.ts";

const DEPTH = 32;

interface Branch {
  readonly traveller: Traveller;
  readonly verdict?: NftObject | undefined;
}

/** A table at a hook, by the priority of its base chains (nft(8)). */
const PRIORITIES: Readonly<Record<StopTable, number>> = { raw: -300, mangle: -150, filter: 0 };

export class NftWalk implements Walker {
  readonly unread = new Set<string>();
  readonly #table: NftTable;
  readonly #sets: NftElements;
  readonly #matches: NftMatches;

  constructor(table: NftTable, packet: RulePacket) {
    this.#table = table;
    this.#sets = new NftElements(table);
    this.#matches = new NftMatches(this.#sets, packet);
  }

  get affinitySeconds(): number | undefined {
    return this.#sets.affinitySeconds;
  }

  through(table: StopTable, hook: string, here: readonly Arrival[]): readonly Arrival[] {
    return here.flatMap((one) => this.hook(hook.toLowerCase(), one, PRIORITIES[table]));
  }

  /** All base chains of a hook, or those of a priority, in the order of their priorities. */
  hook(name: string, start: Arrival, only?: number): Arrival[] {
    const chains = [...this.#table.chains.values()].filter(
      ({ hook, priority }) => hook === name && (only === undefined || priority === only),
    );
    let here = [start];
    for (const chain of chains.toSorted((a, b) => a.priority - b.priority)) {
      here = here.flatMap((one) => {
        if (one.exit === "drop" || one.exit === "reject") return [one];
        return this.#chain(chain, one.traveller, 0).map(({ traveller, exit }): Arrival => ({
          traveller,
          exit: exit === "return" ? (chain.policy === "drop" ? "drop" : "accept") : exit,
        }));
      });
    }
    return here;
  }

  #chain(chain: NftChain, start: Traveller, depth: number): Arrival[] {
    const arrivals: Arrival[] = [];
    let here = [start];
    for (const [index, rule] of chain.rules.entries()) {
      here = here.flatMap((now) => {
        const branches = this.#rule(rule, now);
        if (branches === UNREAD) {
          this.unread.add(`${chain.name}: ${rule.text}`);
          return [now];
        }
        return branches.flatMap((branch) => {
          const { staying, leaving } = this.#verdict(chain, index, rule, now.mark, branch, depth);
          arrivals.push(...leaving);
          return staying;
        });
      });
    }
    return [...arrivals, ...here.map((traveller): Arrival => ({ traveller, exit: "return" }))];
  }

  /** Matches, statements and lookups from left to right; one branch per random choice. */
  #rule(rule: NftRule, start: Traveller): readonly Branch[] | typeof UNREAD {
    let branches: Branch[] = [{ traveller: start }];
    const missed: Branch[] = [];
    for (const expression of rule.expressions) {
      const next: Branch[] = [];
      for (const branch of branches) {
        const outcome = this.#expression(expression, branch.traveller);
        if (outcome === UNREAD) return UNREAD;
        if (outcome.length === 0) missed.push({ traveller: branch.traveller });
        next.push(...outcome);
      }
      branches = next;
    }
    // Without a verdict (a match that fails, set mark, update, counter) the packet continues with the next rule.
    return [...branches, ...missed];
  }

  #expression(expression: NftObject, now: Traveller): readonly Branch[] | typeof UNREAD {
    const [kind = "", body] = Object.entries(expression)[0] ?? [];
    switch (kind) {
      case "match": {
        const truth = isObject(body) ? this.#matches.match(body, now) : UNREAD;
        return truth === UNREAD ? UNREAD : truth ? [{ traveller: now }] : [];
      }
      case "vmap":
        return isObject(body) ? this.#vmap(body, now) : UNREAD;
      case "mangle": {
        const mark = isObject(body) ? this.#matches.markOf(body["value"], now) : undefined;
        return mark === undefined ? UNREAD : [{ traveller: { ...now, mark } }];
      }
      case "counter":
      case "set":
      case "log":
      case "continue":
      case "notrack":
        return [{ traveller: now }];
      case "jump":
      case "goto":
      case "return":
      case "accept":
      case "drop":
      case "reject":
      case "dnat":
      case "masquerade":
        return [{ traveller: now, verdict: expression }];
      default:
        return UNREAD;
    }
  }

  #vmap({ key, data }: NftObject, now: Traveller): readonly Branch[] | typeof UNREAD {
    const pairs = (
      typeof data === "string" ? this.#sets.elements(data) : isObject(data) ? listOf(data["set"]) : []
    ).filter((pair) => Array.isArray(pair)) as readonly (readonly NftValue[])[];
    const dice = isObject(key) && isObject(key["numgen"]) ? Number(key["numgen"]["mod"]) : undefined;
    if (dice !== undefined) {
      return pairs.flatMap(([, verdict]) =>
        isObject(verdict) ? [{ traveller: { ...now, probability: now.probability / dice }, verdict }] : [],
      );
    }
    const way = deviceWay(key);
    if (way !== undefined) {
      const own = pairs.find(([device]) => this.#matches.isOn(way, textOf(device), now) === true)?.[1];
      return isObject(own) ? [{ traveller: now, verdict: own }] : [];
    }
    const value = this.#matches.value(key, now);
    if (value === UNREAD) return UNREAD;
    const found =
      typeof data === "string" ? this.#sets.find(data, value) : pairs.find(([one]) => this.#sets.isIn(value, one));
    const verdict = Array.isArray(found) ? (found[1] as NftValue) : undefined;
    return isObject(verdict) ? [{ traveller: now, verdict }] : [];
  }

  #verdict(
    chain: NftChain,
    index: number,
    rule: NftRule,
    markBefore: number,
    { traveller, verdict }: Branch,
    depth: number,
  ): { staying: Traveller[]; leaving: Arrival[] } {
    const step = (effect: string, change: Partial<Traveller> = {}): Traveller => ({
      ...traveller,
      ...change,
      steps: [
        ...traveller.steps,
        { table: this.#table.name, chain: chain.name, index, rule: rule.text, effect, packets: countOf(rule) },
      ],
    });
    const leave = (exit: Arrival["exit"], effect: string, change?: Partial<Traveller>) => ({
      staying: [],
      leaving: [{ traveller: step(effect, change), exit }],
    });
    if (verdict === undefined) {
      const marked = traveller.mark !== markBefore;
      return { staying: [marked ? step(`mark becomes 0x${traveller.mark.toString(16)}`) : traveller], leaving: [] };
    }
    const [kind = "", body] = Object.entries(verdict)[0] ?? [];
    switch (kind) {
      case "accept":
      case "drop":
      case "reject":
      case "return":
        return leave(kind, kind);
      case "masquerade":
        return leave("accept", "masquerade", { masquerade: true });
      case "dnat": {
        const target = isObject(body) ? body : {};
        const [address, port] = [textOf(target["addr"]), Number(target["port"])];
        const endpoint = joinHostPort(address, port);
        return leave("accept", `DNAT to ${endpoint}`, { to: canonicalAddress(address), port, endpoint });
      }
    }
    const target = isObject(body) && typeof body["target"] === "string" ? body["target"] : "";
    const next = this.#table.chains.get(target);
    if (next === undefined || depth >= DEPTH) {
      this.unread.add(`${chain.name}: ${rule.text}`);
      return { staying: [traveller], leaving: [] };
    }
    const arrivals = this.#chain(next, step(`${kind} ${target}`), depth + 1);
    if (kind === "goto") return { staying: [], leaving: arrivals };
    return {
      staying: arrivals.filter((one) => one.exit === "return").map((one) => one.traveller),
      leaving: arrivals.filter((one) => one.exit !== "return"),
    };
  }
}

/** The table `kube-proxy` of one family. */
export function walkNft(table: NftTable, packet: RulePacket): Ways {
  const walk = new NftWalk(table, packet);
  const first = packet.from.kind === "node" ? "output" : "prerouting";
  const ways = walk.hook(first, { traveller: startTraveller(packet), exit: "accept" }).flatMap((routed) => {
    let here: Arrival[] = [routed];
    for (const hook of hooksOf(packet, routed.traveller.to)) {
      if (hook !== first) here = here.flatMap((one) => walk.hook(hook, one));
    }
    return here.map(({ traveller, exit }) => endOf(traveller, exit));
  });
  return { ways, unread: [...walk.unread], affinitySeconds: walk.affinitySeconds };
}

/** One hook alone, of any table. */
export function passNft(
  table: NftTable,
  hook: "prerouting" | "forward" | "input" | "output",
  packet: RulePacket,
): Ways {
  const walk = new NftWalk(table, packet);
  const start: Arrival = { traveller: startTraveller(packet), exit: "accept" };
  const ways = walk.hook(hook, start).map(({ traveller, exit }) => endOf(traveller, exit));
  return { ways, unread: [...walk.unread] };
}
