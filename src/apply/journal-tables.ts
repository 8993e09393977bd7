/** What many entries of a journal have in common is written once and referred to by its number afterwards. */
import { CauseTable, packParts, unpackParts } from "../resources/pack-causes.ts";
import type { PackedCause } from "../resources/pack-causes.ts";
import type { RulePart } from "../resources/iptables/rule-set.ts";

/** Consecutive numbers: the first, and how many. */
export type Runs = readonly (readonly [first: number, count: number])[];

/** Lines of a journal that make numbers known. */
export type TableLine =
  | { readonly t: "causes"; readonly causes: readonly PackedCause[] }
  | { readonly t: "parts"; readonly parts: readonly RulePart[] }
  | { readonly t: "listings"; readonly listings: readonly (readonly string[])[] };

function runsOf(numbers: readonly number[]): Runs {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === number) last[1]++;
    else runs.push([number, 1]);
  }
  return runs;
}

export class JournalTables {
  readonly causes = new CauseTable();
  readonly #partNumbers = new WeakMap<RulePart, number>();
  readonly #listingNumbers = new Map<string, number>();
  /** Known by number: while a journal is read, and what has been numbered but not written. */
  readonly #parts = new Map<number, RulePart>();
  readonly #listings: (readonly string[])[] = [];
  #partCount = 0;
  #newParts: RulePart[] = [];
  #newListings: (readonly string[])[] = [];

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
    return runs.flatMap(([first, count]) =>
      Array.from({ length: count }, (_, i) => this.#parts.get(first + i)).filter((part) => part !== undefined),
    );
  }

  /** A list of lines that was numbered before is that list. */
  listing(lines: readonly string[]): { readonly number: number; readonly lines: readonly string[] } {
    const text = lines.join("\n");
    let number = this.#listingNumbers.get(text);
    if (number === undefined) {
      number = this.#listings.push(lines) - 1;
      this.#listingNumbers.set(text, number);
      this.#newListings.push(lines);
    }
    return { number, lines: this.#listings[number] ?? lines };
  }

  listingAt(number: number): readonly string[] {
    return this.#listings[number] ?? [];
  }

  /** Lines for what was numbered since the last call. They come before the lines that refer to them. */
  news(): readonly TableLine[] {
    // Packing a part may number causes.
    const parts = packParts(this.#newParts, this.causes);
    const listings = this.#newListings;
    const causes = this.causes.news();
    this.#newParts = [];
    this.#newListings = [];
    return [
      ...(causes.length === 0 ? [] : [{ t: "causes", causes } as const]),
      ...(parts.length === 0 ? [] : [{ t: "parts", parts } as const]),
      ...(listings.length === 0 ? [] : [{ t: "listings", listings } as const]),
    ];
  }

  learn(line: TableLine): void {
    if (line.t === "causes") this.causes.learn(line.causes);
    else if (line.t === "listings") {
      for (const lines of line.listings) this.#listingNumbers.set(lines.join("\n"), this.#listings.push(lines) - 1);
    } else
      for (const part of unpackParts(line.parts, this.causes)) {
        this.#partNumbers.set(part, this.#partCount);
        this.#parts.set(this.#partCount++, part);
      }
  }

  /** The journal has been read: parts are found by their objects from now on. */
  allRead(): void {
    this.#parts.clear();
  }
}
