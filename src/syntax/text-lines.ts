/** Offsets of a text as lines and columns. */
import type { SourceRef } from "../cause.ts";

/** Lines of a text by offset; computed when first needed. */
export class TextLines {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  source(file: string, offset: number): SourceRef {
    const starts = (this.#starts ??= this.#find());
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  #find(): number[] {
    const starts = [0];
    for (let at = this.#text.indexOf("\n"); at >= 0; at = this.#text.indexOf("\n", at + 1)) starts.push(at + 1);
    return starts;
  }
}
