/** The words of a rule, consumed one after the other. */

/** Something that nft(8) supports and we do not: nft(8) is used for it. */
export class Unsupported extends Error {}

export class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#words = text.split(" ");
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  /** Throws Unsupported at the end. */
  next(): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw new Unsupported("the end");
    this.#at++;
    return word;
  }

  /** Takes the word if it comes next. */
  take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  /** Throws Unsupported when something else comes. */
  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.take(word)) throw new Unsupported(this.next());
  }

  /** `0x4000` or `7`, 32 bits. */
  number(): number {
    const word = this.next();
    const value = /^(0x[0-9a-f]{1,8}|\d{1,9})$/.test(word) ? Number(word) : Number.NaN;
    if (Number.isNaN(value)) throw new Unsupported(word);
    return value;
  }

  /** The parts before `}`, separated by commas; the opening brace has been consumed. */
  list(): readonly string[] {
    const items: string[] = [];
    let item: string[] = [];
    for (let word = this.next(); ; word = this.next()) {
      if (word !== "," && word !== "}") item.push(word);
      else {
        items.push(item.join(" "));
        item = [];
      }
      if (word === "}") return items;
    }
  }
}
