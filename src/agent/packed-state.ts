/**
 * An observed state as it travels to a client: in portions, and what many namespaces have in common (rules, their causes, listings
 * of tools) once.
 */
import { isRuleSet, partsOf, withParts, type RuleSet } from "../resources/iptables/rule-set.ts";
import type { Runs } from "../resources/listings.ts";
import type { NamespaceState, ObservedState } from "../resources/observed.ts";
import { packResource, unpackResource } from "../resources/pack-causes.ts";
import { packRules, unpackRules, type PackedRules, type SavedRules } from "../resources/packed-rules.ts";
import type { Resource } from "../resources/resource.ts";
import { SharedTables, type TableLine } from "../resources/shared-tables.ts";

type StateLine =
  | TableLine
  | { readonly t: "resource"; readonly resource: Resource }
  | { readonly t: "rules"; readonly head: RuleSet; readonly parts: Runs }
  | { readonly t: "after"; readonly id: string; readonly runs: Runs }
  | { readonly t: "namespace"; readonly state: Omit<NamespaceState, keyof SavedRules>; readonly rules: PackedRules }
  | { readonly t: "rest"; readonly rest: Omit<ObservedState, "namespaces" | "applied" | "iptablesAfterApply"> };

/** What an earlier portion has made known is not repeated. */
export interface StatePortion {
  readonly lines: readonly StateLine[];
}

/** Characters of a portion, as JSON; one that has more consists of what cannot be divided. */
const PORTION = 256 * 1024;

function* linesOf(state: ObservedState, tables: SharedTables): Generator<StateLine> {
  const { namespaces, applied, iptablesAfterApply, ...rest } = state;
  for (const resource of Object.values(applied)) {
    if (!isRuleSet(resource)) yield { t: "resource", resource: packResource(resource, tables.causes) };
    else {
      const head = packResource(withParts(resource, []), tables.causes) as RuleSet;
      yield { t: "rules", head, parts: tables.numbersOf(partsOf(resource)) };
    }
  }
  for (const [id, listings] of Object.entries(iptablesAfterApply))
    yield { t: "after", id, runs: tables.listings.numbersOf(listings) };
  for (const { iptables, ipsets, ipvs, fou, nft, nftTables, ...state } of Object.values(namespaces)) {
    const rules = packRules({ iptables, ipsets, ipvs, fou, nft, nftTables }, tables.listings);
    yield { t: "namespace", state, rules };
  }
  yield { t: "rest", rest };
}

/** Causes stay together: of most, only what differs from the one before is written. */
function* pieces(line: TableLine, size: number): Generator<TableLine> {
  if (line.t === "parts") for (const parts of groups(line.parts, size)) yield { t: "parts", parts };
  else if (line.t === "listings") for (const listings of groups(line.listings, size)) yield { t: "listings", listings };
  else yield line;
}

/** Characters as JSON. Lines are put into groups twice. */
const lengths = new WeakMap<object, number>();

function lengthOf(item: unknown): number {
  if (typeof item !== "object" || item === null) return JSON.stringify(item).length;
  let length = lengths.get(item);
  if (length === undefined) lengths.set(item, (length = JSON.stringify(item).length));
  return length;
}

/** In their order, each group as large as may be. */
function* groups<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let group: T[] = [];
  let length = 0;
  for (const item of items) {
    const own = lengthOf(item);
    if (group.length > 0 && length + own > size) {
      yield group;
      group = [];
      length = 0;
    }
    group.push(item);
    length += own;
  }
  if (group.length > 0) yield group;
}

/** What lines refer to comes before them. */
function* withTables(state: ObservedState, size: number): Generator<StateLine> {
  const tables = new SharedTables();
  for (const lines of groups(linesOf(state, tables), size)) {
    // The line that did not fit may have numbered something already: it comes too early, which does no harm.
    for (const line of tables.news()) yield* pieces(line, size);
    yield* lines;
  }
}

/** Made one by one. */
export function* statePortions(state: ObservedState, size = PORTION): Generator<StatePortion> {
  for (const lines of groups(withTables(state, size), size)) yield { lines };
}

/** Takes the portions of one state. What namespaces have in common are the very same objects. */
export class StateUnpacker {
  readonly #tables = new SharedTables();
  readonly #namespaces: Record<string, NamespaceState> = {};
  readonly #applied: Record<string, Resource> = {};
  readonly #after: Record<string, ObservedState["iptablesAfterApply"][string]> = {};
  #rest: Omit<ObservedState, "namespaces" | "applied" | "iptablesAfterApply"> = { running: [] };

  take({ lines }: StatePortion): void {
    for (const line of lines) this.#take(line);
  }

  /** All portions have been taken. */
  get state(): ObservedState {
    return {
      namespaces: this.#namespaces,
      applied: this.#applied,
      iptablesAfterApply: this.#after,
      ...this.#rest,
    };
  }

  #take(line: StateLine): void {
    const { causes, listings } = this.#tables;
    switch (line.t) {
      case "resource":
        this.#applied[line.resource.id] = unpackResource(line.resource, causes);
        break;
      case "rules": {
        const head = unpackResource(line.head, causes) as RuleSet;
        this.#applied[head.id] = withParts(head, this.#tables.partsAt(line.parts));
        break;
      }
      case "after":
        this.#after[line.id] = listings.at(line.runs);
        break;
      case "namespace":
        this.#namespaces[line.state.ns] = { ...line.state, ...unpackRules(line.rules, listings) };
        break;
      case "rest":
        this.#rest = line.rest;
        break;
      default:
        this.#tables.learn(line);
    }
  }
}
