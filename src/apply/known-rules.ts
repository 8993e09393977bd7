/**
 * Rules as tools showed them, for as long as the ruleset of their namespace has the same generation number: that number is
 * asked for in microseconds, where a tool takes a tenth of a second for a few thousand rules.
 */
import { readGeneration } from "../kernel/nftables/generation.ts";
import { passingTables, type PassingTables } from "../kernel/nftables/owned-table.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import { ListingTable, numbersIn } from "../resources/listings.ts";
import { packRules, unpackRules, type PackedRules, type SavedRules } from "../resources/packed-rules.ts";
import { hasLegacyTables } from "./legacy-digest.ts";
import type { Look } from "./kind.ts";

interface Known {
  /** A namespace that was made again has another one. */
  readonly netns: NetnsHandle;
  readonly generation: number;
  readonly rules: PackedRules;
}

/** Once there are this many listings, and twice as many as are needed, those that nothing refers to are given up. */
const LEFT_OVER = 10_000;

export class KnownRules {
  #listings = new ListingTable();
  readonly #known = new Map<string, Known>();
  #tidyAt = LEFT_OVER;

  /** What `look` shows now. Lists that namespaces have in common are the very same. Throws what the tool said. */
  async read(ns: string, netns: NetnsHandle, look: Look): Promise<SavedRules> {
    const key = `${ns} ${look.what}`;
    const generation = look.inRuleset === true ? generationOf(netns) : undefined;
    const passing = passingTables(netns);
    const known = this.#known.get(key);
    if (known !== undefined && known.netns === netns && known.generation === generation)
      return unpackRules(known.rules, this.#listings);
    this.#known.delete(key);
    const found = await look.read(netns, (...named) => this.#listings.keep(...named));
    const listings = this.#listings;
    const rules = packRules({ iptables: {}, ...found }, listings);
    // Else it may have changed while it was read.
    if (generation !== undefined && isAsRead(netns, generation, passing))
      this.#known.set(key, { netns, generation, rules });
    this.#tidy();
    return unpackRules(rules, listings);
  }

  #tidy(): void {
    const { size } = this.#listings;
    if (size < this.#tidyAt) return;
    const needed = new Set([...this.#known.values()].flatMap(({ rules }) => [...numbersOf(rules)])).size;
    if (needed * 2 < size) {
      this.#listings = new ListingTable();
      this.#known.clear();
    }
    this.#tidyAt = needed * 2 + LEFT_OVER;
  }
}

/** What was read since is what it is, and shows no table that is there for a moment. */
export function isAsRead(netns: NetnsHandle, generation: number, passing: PassingTables): boolean {
  const { changes, tables } = passingTables(netns);
  return tables === 0 && changes === passing.changes && generationOf(netns) === generation;
}

/** Undefined where it does not stand for all rules. */
export function generationOf(netns: NetnsHandle): number | undefined {
  return hasLegacyTables(netns) ? undefined : readGeneration(netns);
}

function* numbersOf({ iptables, nft = {} }: PackedRules): Generator<number> {
  for (const tables of Object.values(iptables)) for (const { runs } of Object.values(tables)) yield* numbersIn(runs);
  for (const tables of Object.values(nft)) for (const runs of Object.values(tables)) yield* numbersIn(runs);
}
