/** Documents by the yaml package, which supports all of YAML: values with positions, every mistake as a diagnostic with a hint. */
import { messageOf, isMistake, type Diagnostic } from "../errors.ts";
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Alias, Document, Node, YAMLMap } from "yaml";
import type { SourceRef } from "../cause.ts";
import { indentMore } from "./yaml-indent.ts";
import { kubeScalar } from "./plain-scalar.ts";
import { keyText, locator } from "./positions.ts";
import type { TextLines } from "./text-lines.ts";
import { templateDiagnostic } from "./yaml-template.ts";
import type { Stream, StreamDocument } from "./yaml-stream.ts";

const MAX_DEPTH = 60;
/** Values that aliases and merge keys may add in one document. */
const MAX_EXPANDED = 100_000;

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "YAML is indented with spaces, never with tabs",
  BAD_INDENT: "line this up with the lines around it; each level is indented by the same number of spaces",
  MISSING_CHAR: "a bracket, quote or colon is missing here or just before",
  BLOCK_AS_IMPLICIT_KEY: "is a line indented too far, or a colon missing or too many?",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line; is a quote missing?",
  UNEXPECTED_TOKEN: "quote the text if it contains special characters",
  BAD_SCALAR_START: "quote the text: it begins with a character that YAML reserves",
  BAD_DQ_ESCAPE: "in double quotes a backslash starts an escape; use single quotes",
};

const GENERAL_HINT = "look at this line and the one above: an indentation, a quote, a colon or a bracket is wrong";

class Expansion extends Error {}

type Fail = (node: unknown, message: string, hint?: string, severity?: Diagnostic["severity"]) => void;

/** Turns nodes into values; records every mistake with its position. */
class Reader {
  readonly aliases = new Map<Alias, Node>();
  readonly #anchors = new Map<string, { node: Node; value: unknown; size: number; open: boolean }>();
  readonly #fail: Fail;
  /** A manifest, which is read as kubectl does. */
  readonly #kube: boolean;
  #size = 0;
  #expanded = 0;

  constructor(kube: boolean, fail: Fail) {
    this.#kube = kube;
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
        `alias *${alias.source} refers to no anchor above it`,
        `write &${alias.source} before the value that it repeats`,
      );
      return undefined;
    }
    if (entry.open) {
      this.#fail(alias, `alias *${alias.source} is inside what it repeats`, "write the value out");
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
    if (node.type !== "PLAIN" || node.tag !== undefined || node.source === undefined || /^$|\n/.test(node.source))
      return node.value;
    return (this.#kube ? kubeScalar(node.source) : undefined) ?? node.value;
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
        this.#fail(pair.key, 'the key "__proto__" is not allowed', "use another name");
        continue;
      }
      if (seen.has(key)) {
        const hint = "a key can be in a map only once; join the two entries or remove one";
        if (!this.#kube) {
          this.#fail(pair.key, `duplicate key "${key}"`, hint);
          continue;
        }
        this.#fail(pair.key, `duplicate key "${key}": this one is used, as kubectl does`, hint, "warning");
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
  const problems = [...document.errors, ...document.warnings];
  if (problems.some(({ message }) => message.includes("call stack"))) throw new RangeError("nested too deeply");
  // Errors after the first are mostly consequences of it; kubectl stops there too.
  const [first] = problems.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (first === undefined) return [];
  const [start] = first.pos;
  const hint = HINTS[text[start] === "\t" ? "TAB_AS_INDENT" : first.code] ?? GENERAL_HINT;
  return [{ severity: "error", message: `YAML: ${first.message}`, source: at(start), hint }];
}

function isLab(root: unknown): boolean {
  return isMap(root) && root.get("kind") === "Lab";
}

/** Never throws. `base` is where in the file the text begins. */
export function readByPackage(text: string, base: number, file: string, lines: TextLines): Stream {
  const refuse = (message: string, hint: string): Stream => ({
    documents: [],
    diagnostics: [{ severity: "error", message, hint, source: lines.source(file, base) }],
  });
  try {
    const read = parsePart(text, (offset) => lines.source(file, base + offset), file);
    if (!read.diagnostics.some(isMistake)) return read;
    const indented = indentMore(text);
    const again =
      indented === undefined
        ? undefined
        : parsePart(indented.text, (offset) => lines.source(file, base + indented.origin(offset)), file);
    if (again !== undefined && !again.diagnostics.some(isMistake)) return again;
    const template = templateDiagnostic(text, base, file, lines);
    return template === undefined ? read : { documents: read.documents.map(unread), diagnostics: [template] };
  } catch (error) {
    if (error instanceof RangeError)
      return refuse("the YAML is nested too deeply to be read", `use at most ${MAX_DEPTH} levels`);
    return refuse(`the YAML cannot be read: ${messageOf(error)}`, "is it YAML?");
  }
}

const unread = (document: StreamDocument): StreamDocument => ({ ...document, value: undefined });

function parsePart(text: string, at: (offset: number) => SourceRef, file: string): Stream {
  const parsed: Document[] = parseAllDocuments(text, {
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
    stringKeys: false,
  });
  const documents: StreamDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const document of parsed) {
    const errors = syntaxErrors(document, text, at);
    const syntax = errors.length;
    let broken = syntax > 0;
    const offset = document.range?.[0] ?? 0;
    const kube = !isLab(document.contents);
    const reader = new Reader(kube, (node, message, hint, severity = "error") => {
      const where = (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? offset;
      errors.push({ severity, message, source: at(where), ...(hint === undefined ? {} : { hint }) });
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
    // The apparent contents of broken text are not reported.
    diagnostics.push(...(syntax > 0 ? errors.slice(0, syntax) : errors));
    if (!broken && value === null) continue;
    const locate = locator(at, { root: document.contents, aliases: reader.aliases, offset });
    documents.push({ value: broken ? undefined : value, locate, file });
  }
  return { documents, diagnostics };
}
