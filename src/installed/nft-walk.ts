/** Follows a packet through an nftables table: every way that it may take, rule by rule. */
import { canonicalAddress } from "../net/families.ts";
import { joinHostPort } from "../net/host-port.ts";
import { NftElements } from "./nft-elements.ts";
import type { Known } from "./nft-elements.ts";
import { isObject, listOf, textOf } from "./nft-rules.ts";
import type { NftChain, NftObject, NftRule, NftTable, NftValue } from "./nft-rules.ts";
import { endOf, hooksOf, isLocal, startTraveller } from "./way.ts";
import type { Arrival, RulePacket, Traveller, Ways } from "./way.ts";

const DEPTH = 32;
/** A rule with an expression that is not understood is assumed not to match. */
const UNREAD = Symbol("unread");
/** A field that this packet has not: nothing matches it. */
const NONE = "";

interface Branch {
  readonly traveller: Traveller;
  readonly verdict?: NftObject | undefined;
}

class Walk {
  readonly unread = new Set<string>();
  readonly #table: NftTable;
  readonly #sets: NftElements;
  readonly #packet: RulePacket;

  constructor(table: NftTable, packet: RulePacket) {
    this.#table = table;
    this.#sets = new NftElements(table);
    this.#packet = packet;
  }

  get affinitySeconds(): number | undefined {
    return this.#sets.affinitySeconds;
  }

  /** All base chains of a hook in the order of their priorities. */
  hook(name: string, start: Arrival): Arrival[] {
    const chains = [...this.#table.chains.values()].filter((chain) => chain.hook === name);
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
        const truth = isObject(body) ? this.#match(body, now) : UNREAD;
        return truth === UNREAD ? UNREAD : truth ? [{ traveller: now }] : [];
      }
      case "vmap":
        return isObject(body) ? this.#vmap(body, now) : UNREAD;
      case "mangle": {
        const mark = isObject(body) ? this.#markOf(body["value"], now) : undefined;
        return mark === undefined ? UNREAD : [{ traveller: { ...now, mark } }];
      }
      case "counter":
      case "set":
      case "log":
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

  #value(value: NftValue | undefined, now: Traveller): Known | typeof UNREAD {
    if (typeof value === "string" || typeof value === "number") return value;
    if (!isObject(value)) return UNREAD;
    const { payload, meta, fib, concat } = value;
    if (Array.isArray(concat)) {
      const parts = concat.map((part) => this.#value(part as NftValue, now));
      return parts.every((part) => typeof part === "string" || typeof part === "number") ? parts : UNREAD;
    }
    if (isObject(payload)) {
      const { protocol, field } = payload;
      if (protocol === "icmpv6" || protocol === "icmp") return NONE;
      const ownFamily = protocol === (this.#packet.family === "ipv6" ? "ip6" : "ip");
      if (field === "daddr") return ownFamily ? now.to : NONE;
      if (field === "saddr") return ownFamily ? this.#packet.from.address : NONE;
      const own = protocol === "th" || protocol === this.#packet.protocol.toLowerCase();
      if (field === "dport") return own ? now.port : -1;
    }
    if (isObject(meta)) {
      if (meta["key"] === "l4proto") return this.#packet.protocol.toLowerCase();
      if (meta["key"] === "mark") return now.mark;
    }
    if (isObject(fib) && fib["result"] === "type") {
      const source = listOf(fib["flags"]).includes("saddr");
      const local = source
        ? this.#packet.from.kind === "node" || isLocal(this.#packet, this.#packet.from.address)
        : isLocal(this.#packet, now.to);
      return local ? "local" : "unicast";
    }
    const mark = this.#markOf(value, now);
    return mark ?? UNREAD;
  }

  #markOf(value: NftValue | undefined, now: Traveller): number | undefined {
    if (typeof value === "number") return value;
    if (!isObject(value)) return undefined;
    const [operator = "", operands] = Object.entries(value)[0] ?? [];
    if (operator === "meta") return isObject(operands) && operands["key"] === "mark" ? now.mark : undefined;
    const [left, right] = listOf(operands).map((one) => this.#markOf(one, now));
    if (left === undefined || right === undefined) return undefined;
    const result =
      operator === "|" ? left | right : operator === "^" ? left ^ right : operator === "&" ? left & right : undefined;
    return result === undefined ? undefined : result >>> 0;
  }

  #match(body: NftObject, now: Traveller): boolean | typeof UNREAD {
    const { op, left, right } = body;
    if (isObject(left) && isObject(left["ct"])) {
      if (left["ct"]["key"] !== "state") return UNREAD;
      const isNew = listOf(isObject(right) ? right["set"] : right).includes("new");
      return op === "!=" ? !isNew : isNew;
    }
    const value = this.#value(left, now);
    if (value === UNREAD) return UNREAD;
    const equal = this.#sets.isIn(value, right);
    return op === "!=" ? !equal : equal;
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
    const value = this.#value(key, now);
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
        return leave("accept", "accept");
      case "drop":
        return leave("drop", "drop");
      case "reject":
        return leave("reject", "reject");
      case "return":
        return leave("return", "return");
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

function countOf(rule: NftRule): number | undefined {
  const counter = rule.expressions.find((expression) => isObject(expression["counter"]))?.["counter"];
  return isObject(counter) ? Number(counter["packets"]) : undefined;
}

/** The table `kube-proxy` of one family. */
export function walkNft(table: NftTable, packet: RulePacket): Ways {
  const walk = new Walk(table, packet);
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
  const walk = new Walk(table, packet);
  const start: Arrival = { traveller: startTraveller(packet), exit: "accept" };
  const ways = walk.hook(hook, start).map(({ traveller, exit }) => endOf(traveller, exit));
  return { ways, unread: [...walk.unread] };
}
