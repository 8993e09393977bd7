/** Documents by the yaml package, which knows all of YAML: values with positions, every mistake as a diagnostic with a hint. */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Alias, Document, Node, Scalar, YAMLMap } from "yaml";
import type { SourceRef } from "../cause.ts";
import type { Diagnostic } from "../errors.ts";
import { keyText, locator } from "./positions.ts";
import type { TextLines } from "./text-lines.ts";
import type { Stream, StreamDocument } from "./yaml-stream.ts";

const MAX_DEPTH = 60;
/** Values that aliases and merge keys may add in one document. */
const MAX_EXPANDED = 100_000;

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "YAML is indented with spaces, never with tabs",
  BAD_INDENT: "line this up with the lines around it; each level is indented by the same number of spaces",
  MISSING_CHAR: "a bracket, quote or colon is missing here or just before",
  BLOCK_AS_IMPLICIT_KEY: "is a line indented too far, or a colon missing or too many?",
  MULTILINE_IMPLICIT_KEY: "a key stands on one line; is a quote missing?",
  UNEXPECTED_TOKEN: "quote the text if it contains special characters",
  BAD_SCALAR_START: "quote the text: it begins with a character that YAML reserves",
  BAD_DQ_ESCAPE: "in double quotes a backslash starts an escape; use single quotes",
};

const GENERAL_HINT = "look at this line and the one above: an indentation, a quote, a colon or a bracket is wrong";

const BOOLEAN_WORD = /^(yes|no|on|off)$/i;

class Expansion extends Error {}

/** Turns nodes into values; records every mistake with its position. */
class Reader {
  readonly aliases = new Map<Alias, Node>();
  readonly booleanWords: Scalar[] = [];
  readonly #anchors = new Map<string, { node: Node; value: unknown; size: number; open: boolean }>();
  readonly #fail: (node: unknown, message: string, hint?: string) => void;
  #size = 0;
  #expanded = 0;

  constructor(fail: (node: unknown, message: string, hint?: string) => void) {
    this.#fail = fail;
  }

  read(node: unknown, depth = 0): unknown {
    this.#size++;
    if (depth > MAX_DEPTH) throw new Expansion(`nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(node)) return this.#alias(node);
    const anchor = (node as Node | null)?.anchor;
    if (anchor === undefined) return this.#plain(node, depth);
    const before = this.#size;
    const entry = { node: node as Node, value: undefined as unknown, size: 1, open: true };
    this.#anchors.set(anchor, entry);
    entry.value = this.#plain(node, depth);
    entry.size = this.#size - before + 1;
    entry.open = false;
    return entry.value;
  }

  #alias(alias: Alias): unknown {
    const entry = this.#anchors.get(alias.source);
    if (entry === undefined) {
      this.#fail(
        alias,
        `alias *${alias.source} names no anchor above it`,
        `write &${alias.source} before the value that it repeats`,
      );
      return undefined;
    }
    if (entry.open) {
      this.#fail(alias, `alias *${alias.source} is inside of what it repeats`, "write the value out");
      return undefined;
    }
    this.#size += entry.size;
    this.#expanded += entry.size;
    if (this.#expanded > MAX_EXPANDED) throw new Expansion(`aliases expand to more than ${MAX_EXPANDED} values`);
    this.aliases.set(alias, entry.node);
    return entry.value;
  }

  #plain(node: unknown, depth: number): unknown {
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1));
    if (!isScalar(node)) return null;
    if (
      typeof node.value === "string" &&
      node.value.length <= 3 &&
      node.type === "PLAIN" &&
      BOOLEAN_WORD.test(node.value)
    )
      this.booleanWords.push(node);
    return node.value;
  }

  #map(map: YAMLMap, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const merged: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const pair of map.items) {
      const key = keyText(pair.key);
      if (key === undefined) {
        this.#fail(
          pair.key ?? map,
          "a key must be plain text, not a list or map",
          "is a quote missing around text with { or [?",
        );
        continue;
      }
      if (key === "__proto__") {
        this.#fail(pair.key, 'the key "__proto__" is not allowed', "take another name");
        continue;
      }
      if (seen.has(key)) {
        this.#fail(
          pair.key,
          `duplicate key "${key}"`,
          "a key stands once in a map; join the two entries or remove one",
        );
        continue;
      }
      seen.add(key);
      const value = this.read(pair.value, depth + 1);
      if (key !== "<<") object[key] = value;
      else this.#merge(merged, value, pair.key);
    }
    return Object.keys(merged).length === 0 ? object : { ...merged, ...object };
  }

  #merge(into: Record<string, unknown>, value: unknown, key: unknown): void {
    const sources: unknown[] = Array.isArray(value) ? value.toReversed() : [value];
    for (const source of sources) {
      if (typeof source === "object" && source !== null && !Array.isArray(source)) Object.assign(into, source);
      else if (source !== undefined) this.#fail(key, "<< needs a map, or a list of maps", "write <<: *name");
    }
  }
}

function syntaxErrors(document: Document, text: string, at: (offset: number) => Diagnostic["source"]): Diagnostic[] {
  const problems = [
    ...document.errors.map((error) => ({ error, severity: "error" as const })),
    ...document.warnings.map((error) => ({ error, severity: "error" as const })),
  ];
  return problems.map(({ error, severity }) => {
    const snippet = text.slice(error.pos[0], error.pos[0] + 2000).split("\n", 1)[0] ?? "";
    const tab = snippet.startsWith("\t") || error.code === "TAB_AS_INDENT";
    const hint = HINTS[tab ? "TAB_AS_INDENT" : error.code] ?? GENERAL_HINT;
    return {
      severity,
      message: `YAML: ${error.message}`,
      source: at(error.pos[0]),
      hint,
    };
  });
}

/** Never throws. `base` is where in the file the text begins. */
export function readByPackage(text: string, base: number, file: string, lines: TextLines): Stream {
  const refuse = (message: string, hint: string): Stream => ({
    documents: [],
    diagnostics: [{ severity: "error", message, hint, source: lines.source(file, base) }],
  });
  try {
    return parsePart(text, base, file, lines);
  } catch (error) {
    if (error instanceof RangeError)
      return refuse("the YAML is nested too deeply to be read", `use at most ${MAX_DEPTH} levels`);
    return refuse(`the YAML cannot be read: ${error instanceof Error ? error.message : String(error)}`, "is it YAML?");
  }
}

function parsePart(text: string, base: number, file: string, lines: TextLines): Stream {
  const parsed: Document[] = parseAllDocuments(text, {
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
    stringKeys: false,
  });
  const documents: StreamDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const document of parsed) {
    const at = (offset: number): SourceRef => lines.source(file, base + offset);
    const errors = syntaxErrors(document, text, at);
    let broken = errors.length > 0;
    const offset = document.range?.[0] ?? 0;
    const reader = new Reader((node, message, hint) => {
      const where = (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? offset;
      errors.push({ severity: "error", message, source: at(where), ...(hint === undefined ? {} : { hint }) });
    });
    let value: unknown;
    try {
      value = reader.read(document.contents);
    } catch (error) {
      broken = true;
      if (!(error instanceof Expansion)) throw error;
      errors.push({
        severity: "error",
        message: `the document is too large: ${error.message}`,
        source: at(offset),
        hint: "write the values out, or split the document",
      });
    }
    diagnostics.push(...errors);
    if (!broken && value === null) continue;
    const locate = locator(file, lines, { root: document.contents, aliases: reader.aliases, offset, base });
    const booleanWords = reader.booleanWords.map((node) => ({
      word: String(node.value),
      source: at(node.range?.[0] ?? offset),
    }));
    documents.push({ value: broken ? undefined : value, locate, file, booleanWords });
  }
  return { documents, diagnostics };
}
