/**
 * Reads a document by js-yaml's events, in a fifth of the time that the yaml package takes to make nodes. Only what both read the same way
 * is accepted: anything doubtful (aliases, tags, merge keys, odd numbers), and every mistake, is left to the yaml package.
 */
import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE } from "js-yaml";
import type { Event, MappingEvent, ScalarEvent, SequenceEvent } from "js-yaml";
import { draft, type PlainDocument, type PlainNode } from "./plain-node.ts";
import { plainScalar, type ScalarWords } from "./plain-scalar.ts";

/** Thrown at what is not plain. */
class NotPlain extends Error {}

const MAX_DEPTH = 30;
/** What precedes the lines of a block scalar. */
const BLOCK_HEADER = /[|>][+-]?$/;

interface Value {
  readonly value: unknown;
  /** Offset of its first character, in the part that is read. */
  readonly at: number;
  readonly node: PlainNode | undefined;
}

class PlainReader {
  readonly #text: string;
  readonly #words: ScalarWords;
  /** Added to every offset. */
  readonly #base: number;
  readonly #events: readonly Event[];
  #next = 0;

  constructor(text: string, base: number, words: ScalarWords) {
    this.#text = text;
    this.#words = words;
    this.#base = base;
    this.#events = parseEvents(text, { maxDepth: MAX_DEPTH });
  }

  /** Undefined when there is nothing but comments. */
  document(): PlainDocument | undefined {
    const [first, ...others] = this.#events.filter((event) => event.type === EVENT_ID.DOCUMENT);
    if (first === undefined) return undefined;
    if (others.length > 0 || first.directives.length > 0 || first.explicitEnd) throw new NotPlain();
    this.#next = 1;
    const { value, at, node } = this.#value();
    if (node === undefined) throw new NotPlain();
    return { value, root: node, start: at + this.#base };
  }

  #value(isKey = false): Value {
    const event = this.#events[this.#next++];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event, isKey);
      case EVENT_ID.MAPPING:
        return this.#map(event);
      case EVENT_ID.SEQUENCE:
        return this.#list(event);
      default:
        throw new NotPlain();
    }
  }

  #isOpen(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return true;
    this.#next++;
    return false;
  }

  #map(event: MappingEvent): Value {
    refuseProperties(event);
    const value: Record<string, unknown> = {};
    const node = draft(true);
    while (this.#isOpen()) {
      const key = this.#value(true);
      const name = key.value;
      if (typeof name !== "string" || name === "__proto__" || name === "<<" || Object.hasOwn(value, name))
        throw new NotPlain();
      const child = this.#value();
      value[name] = child.value;
      node.keys?.push(name);
      node.keyAt.push(key.at + this.#base);
      node.valueAt.push(child.at + this.#base);
      node.children.push(child.node);
    }
    return { value, at: event.start, node };
  }

  #list(event: SequenceEvent): Value {
    refuseProperties(event);
    const value: unknown[] = [];
    const node = draft(false);
    while (this.#isOpen()) {
      const child = this.#value();
      value.push(child.value);
      node.valueAt.push(child.at + this.#base);
      node.children.push(child.node);
    }
    return { value, at: event.start, node };
  }

  #scalar(event: ScalarEvent, isKey: boolean): Value {
    refuseProperties(event);
    const { valueStart, style } = event;
    if (valueStart < 0) throw new NotPlain();
    const text = getScalarValue(this.#text, event);
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED)
      return { value: text, at: valueStart - 1, node: undefined };
    if (style !== SCALAR_STYLE.PLAIN) return { value: text, at: this.#blockHeader(valueStart), node: undefined };
    const value = isKey && plainScalar(text) === text ? text : this.#words(text);
    if (value === undefined) throw new NotPlain();
    return { value, at: valueStart, node: undefined };
  }

  /** The position of the `|` or `>`, given where the line after it begins. */
  #blockHeader(lines: number): number {
    const found = BLOCK_HEADER.exec(this.#text.slice(this.#text.lastIndexOf("\n", lines - 2) + 1, lines - 1));
    if (found === null) throw new NotPlain();
    return lines - 1 - found[0].length;
  }
}

function refuseProperties(event: { readonly anchorStart: number; readonly tagStart: number }): void {
  if (event.anchorStart >= 0 || event.tagStart >= 0) throw new NotPlain();
}

/** `undefined`: not plain; `null`: nothing in it but comments. `from` is where in the file the part begins, with a line of its own. */
export function readPlain(
  part: string,
  from: number,
  words: ScalarWords = plainScalar,
): PlainDocument | null | undefined {
  try {
    return new PlainReader(part, from, words).document() ?? null;
  } catch {
    // Mistakes are reported by the yaml package, for whose messages and positions we have hints.
    return undefined;
  }
}
