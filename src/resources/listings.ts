/** Named lists of lines, as tools show chains of rules: nodes have most of them in common, each of which is had once and known by its number. */

/** Name → lines: the chains of a table, or the objects of an nftables table with their digests. */
export type Listings = Readonly<Record<string, readonly string[]>>;

/** Consecutive numbers: the first, and how many. */
export type Runs = readonly (readonly [first: number, count: number])[];

export function runsOf(numbers: Iterable<number>): Runs {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === number) last[1]++;
    else runs.push([number, 1]);
  }
  return runs;
}

export function* numbersIn(runs: Runs): Generator<number> {
  for (const [first, count] of runs) for (let i = 0; i < count; i++) yield first + i;
}

export type NamedLines = readonly [name: string, lines: readonly string[]];

/** Returns the list that is kept of those that are the same, which may be another one. */
export type KeepLines = (...named: NamedLines) => readonly string[];

export class ListingTable {
  readonly #numbers = new Map<string, number>();
  readonly #listings: NamedLines[] = [];
  /** Of lists that have been numbered: most come again, as the very same. */
  readonly #seen = new WeakMap<readonly string[], number>();
  readonly #runs = new WeakMap<Listings, Runs>();
  #reported = 0;

  numbersOf(listings: Listings): Runs {
    const known = this.#runs.get(listings);
    if (known !== undefined) return known;
    const runs = this.numbersOfEach(Object.entries(listings));
    this.#runs.set(listings, runs);
    return runs;
  }

  numbersOfEach(listings: readonly NamedLines[]): Runs {
    return runsOf(listings.map(([name, lines]) => this.#number(name, lines)));
  }

  /** Lists that have the same number are the very same. */
  at(runs: Runs): Listings {
    return Object.fromEntries(this.entriesAt(runs));
  }

  readonly keep: KeepLines = (name, lines) => {
    const number = this.#numberOfText(textOf(name, lines));
    const [, own] = this.#listings[number] ?? ["", lines];
    this.#seen.set(own, number);
    return own;
  };

  entriesAt(runs: Runs): readonly NamedLines[] {
    return Array.from(numbersIn(runs), (number) => this.#listings[number] ?? ["", []]);
  }

  get size(): number {
    return this.#listings.length;
  }

  /** Those that were numbered since the last call. */
  news(): readonly NamedLines[] {
    const news = this.#listings.slice(this.#reported);
    this.#reported = this.#listings.length;
    return news;
  }

  /** Adds the entries of another table. */
  learn(news: readonly NamedLines[]): void {
    for (const listing of news) this.#numbers.set(textOf(...listing), this.#listings.push(listing) - 1);
    this.#reported = this.#listings.length;
  }

  #number(name: string, lines: readonly string[]): number {
    const seen = this.#seen.get(lines);
    if (seen !== undefined && this.#listings[seen]?.[0] === name) return seen;
    const number = this.#numberOfText(textOf(name, lines));
    this.#seen.set(lines, number);
    return number;
  }

  #numberOfText(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    // Lines that were cut out of a tool's output would keep all of it in memory: these are cut out of `text`.
    const [own = "", ...ownLines] = text.split("\n");
    const number = this.#listings.push([own, ownLines]) - 1;
    this.#numbers.set(text, number);
    return number;
  }
}

function textOf(name: string, lines: readonly string[]): string {
  return [name, ...lines].join("\n");
}

export function sameLines(lines: readonly string[], others: readonly string[] | undefined): boolean {
  return lines.length === others?.length && lines.every((line, index) => line === others[index]);
}
