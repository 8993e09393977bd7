/** From single rules to what a packet met at one hook: the way through its chains, and the rule that decided. */
import type { TracedRule } from "../services/trace/protocol.ts";
import { chainKey, type ChainRule, type ReadChain } from "./chains.ts";

export interface MetRule extends ChainRule {
  readonly chain: string;
}

/** One base chain, from its first rule to its verdict. */
export interface Evaluation {
  readonly ns: string;
  /** The same for one packet within one namespace. */
  readonly id: number;
  readonly family: string;
  readonly table: string;
  /** The base chain. */
  readonly chain: string;
  /** `prerouting`, `input`, `forward`, `output`, `postrouting`. */
  readonly hook: string;
  /** As it was when it came in: `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`. */
  readonly packet: string;
  /** Chains from the base chain to the one in which it was decided. */
  readonly path: readonly string[];
  /** Absent: the base chain's policy. */
  readonly decided?: MetRule | undefined;
  readonly verdict: string;
  /** Rules that matched and did not end it, but for jumps: marks, logs, counters. */
  readonly passed: readonly MetRule[];
  /** How many rules it was compared with, in all chains that it was in. */
  readonly tested: number;
}

const XTABLES_HOOK: Readonly<Record<string, string>> = {
  PREROUTING: "prerouting",
  INPUT: "input",
  FORWARD: "forward",
  OUTPUT: "output",
  POSTROUTING: "postrouting",
};

/** In the order in which the namespace reported them. */
export function evaluations(
  rules: readonly TracedRule[],
  chains: ReadonlyMap<string, ReadChain>,
): readonly Evaluation[] {
  const found: Evaluation[] = [];
  // The kernel shows the packet once for each base chain.
  for (const met of Map.groupBy(rules, ({ ns, id }) => `${ns} ${id}`).values()) {
    const starts = met.flatMap(({ packet }, i) => (packet === undefined ? [] : [i]));
    for (const [n, start] of starts.entries()) {
      const part = met.slice(start, starts[n + 1]);
      const one = evaluationOf(part, chains);
      if (one !== undefined) found.push(one);
    }
  }
  // A packet that is sent again meets the same rules again.
  const known = new Set<string>();
  return found.filter(({ ns, table, chain, packet }) => {
    const key = `${ns} ${table} ${chain} ${packet}`;
    return !known.has(key) && known.add(key);
  });
}

/** `10.244.1.3:8080`: what a rule that translates destinations says. */
export function translationIn({ decided }: Evaluation): string | undefined {
  const text = decided?.text ?? "";
  return /--to-destination (\S+)/.exec(text)?.[1] ?? /\bdnat (?:ip6? )?to ([0-9a-f.:[\]]+)$/.exec(text)?.[1];
}

function evaluationOf(part: readonly TracedRule[], chains: ReadonlyMap<string, ReadChain>): Evaluation | undefined {
  const [first] = part;
  if (first === undefined) return undefined;
  const { ns, id, family, table, chain, packet = "" } = first;
  const ruleOf = (rule: TracedRule): MetRule | undefined => {
    const known = chains.get(chainKey(rule))?.rules.find(({ handle }) => handle === rule.handle);
    return known === undefined ? undefined : { ...known, chain: rule.chain };
  };
  const path: string[] = [chain];
  const tests = new TestedRules(chains);
  const passed: MetRule[] = [];
  let verdict = "accept";
  let decided: MetRule | undefined;
  for (const rule of part) {
    const [word = "", target] = rule.verdict.split(" ");
    tests.count(rule);
    if (rule.handle === undefined || rule.type !== "rule") {
      // The end of a chain, or the policy of the base chain.
      if (rule.type === "policy") verdict = rule.verdict;
      else if (path.length > 1) path.pop();
      continue;
    }
    if ((word === "jump" || word === "goto") && target !== undefined) {
      if (word === "goto") path.pop();
      path.push(target);
    } else if (word === "return") {
      if (path.length > 1) path.pop();
    } else if (word === "continue") {
      const known = ruleOf(rule);
      if (known !== undefined) passed.push(known);
    } else {
      verdict = word;
      decided = ruleOf(rule);
    }
  }
  const hook = chains.get(chainKey(first))?.hook ?? XTABLES_HOOK[chain] ?? chain.toLowerCase();
  return {
    ns,
    id,
    family,
    table,
    chain,
    hook,
    packet,
    path: decided === undefined ? [chain] : path,
    decided,
    verdict,
    passed,
    tested: tests.all,
  };
}

/** The kernel shows the rules that match. Compared were also those before them in their chains. */
class TestedRules {
  all = 0;
  readonly #chains: ReadonlyMap<string, ReadChain>;
  /** The next rule of each chain that it is in, or comes back to. */
  readonly #next = new Map<string, number>();

  constructor(chains: ReadonlyMap<string, ReadChain>) {
    this.#chains = chains;
  }

  count(event: TracedRule): void {
    const key = chainKey(event);
    const rules = this.#chains.get(key)?.rules ?? [];
    const at = rules.findIndex(({ handle }) => handle === event.handle);
    const next = this.#next.get(key) ?? 0;
    // Without a rule of its own it is the chain's end.
    const end = event.type === "rule" && at >= 0 ? at + 1 : rules.length;
    this.all += Math.max(0, end - next);
    this.#next.set(key, event.type === "rule" && at >= 0 ? end : 0);
    const [word, target] = event.verdict.split(" ");
    if ((word === "jump" || word === "goto") && target !== undefined)
      this.#next.set(chainKey({ ...event, chain: target }), 0);
  }
}
