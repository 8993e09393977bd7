/** What many entries of a journal, or of an observed state, have in common is written once and referred to by its number afterwards. */
import { CauseTable, packParts, unpackParts, type PackedCause } from "./pack-causes.ts";
import type { RulePart } from "./iptables/rule-set.ts";
import { ListingTable, numbersIn, runsOf, type NamedLines, type Runs } from "./listings.ts";

/** Lines that make numbers known. */
export type TableLine =
  | { readonly t: "causes"; readonly causes: readonly PackedCause[] }
  | { readonly t: "parts"; readonly parts: readonly RulePart[] }
  | { readonly t: "listings"; readonly listings: readonly NamedLines[] };

export class SharedTables {
  readonly causes = new CauseTable();
  readonly #partNumbers = new WeakMap<RulePart, number>();
  readonly listings = new ListingTable();
  /** Known by number: while lines are read, and what has been numbered but not written. */
  readonly #parts = new Map<number, RulePart>();
  #partCount = 0;
  #newParts: RulePart[] = [];

  /** Nodes that have a part in common have the same object. */
  numbersOf(parts: readonly RulePart[]): Runs {
    return runsOf(
      parts.map((part) => {
        let number = this.#partNumbers.get(part);
        if (number === undefined) {
          number = this.#partCount++;
          this.#partNumbers.set(part, number);
          this.#newParts.push(part);
        }
        return number;
      }),
    );
  }

  partsAt(runs: Runs): readonly RulePart[] {
    return [...numbersIn(runs)].map((number) => this.#parts.get(number)).filter((part) => part !== undefined);
  }

  /** Lines for what was numbered since the last call. They come before the lines that refer to them. */
  news(): readonly TableLine[] {
    // Packing a part may number causes.
    const parts = packParts(this.#newParts, this.causes);
    const listings = this.listings.news();
    const causes = this.causes.news();
    this.#newParts = [];
    return [
      ...(causes.length === 0 ? [] : [{ t: "causes", causes } as const]),
      ...(parts.length === 0 ? [] : [{ t: "parts", parts } as const]),
      ...(listings.length === 0 ? [] : [{ t: "listings", listings } as const]),
    ];
  }

  learn(line: TableLine): void {
    if (line.t === "causes") this.causes.learn(line.causes);
    else if (line.t === "listings") this.listings.learn(line.listings);
    else
      for (const part of unpackParts(line.parts, this.causes)) {
        this.#partNumbers.set(part, this.#partCount);
        this.#parts.set(this.#partCount++, part);
      }
  }

  /** All has been read: parts are found by their objects from now on. */
  allRead(): void {
    this.#parts.clear();
  }
}
