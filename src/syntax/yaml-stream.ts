/** A YAML stream as plain values with positions; its own mistakes (syntax, duplicate keys, alias bombs) as diagnostics. */
import { createRequire } from "node:module";
import { append } from "../append.ts";
import type { SourceRef } from "../cause.ts";
import type { Diagnostic } from "../errors.ts";
import type { Locate } from "./path.ts";
import { BlockLocator, BlockPlaces } from "./block-places.ts";
import { readBlock } from "./block-yaml.ts";
import { kubeScalar, plainScalar, type ScalarWords } from "./plain-scalar.ts";
import { plainLocator } from "./plain-positions.ts";
import { TextLines } from "./text-lines.ts";

/** Characters of all files of a lab together: more than the export of a large cluster, and less than the longest string. */
export const MAX_INPUT = 250_000_000;
/** Characters of a document that only the yaml package can read: it takes seconds for a million. */
const MAX_ODD = 2_000_000;
/** A text may contain this besides printable ASCII; a tab is nowhere indentation then. */
const ODD = /[^\n\x20-\x7e\u00a1-\u2027\u2030-\ufefe\uff00-\ufffd]/;
const LAB = /^(?:\s*\{.*)?["']?kind["']?\s*:\s*["']?Lab["']?\s*(?:[,}#].*)?$/m;
const TEMPLATED = /^line \d+ contains a template /;
/** Long documents that mean nothing here. */
const UNREAD = /^kind: +["']?CustomResourceDefinition["']? *(?:#.*)?$/m;

type OddYaml = typeof import("./odd-yaml.ts");

/** 20 ms that most files need not wait for. A bundler knows the first form and keeps the module in place, the sources have the second. */
function oddYaml(): OddYaml {
  if (typeof require === "function") return require("./odd-yaml.ts") as OddYaml;
  return createRequire(import.meta.filename)("./odd-yaml.ts") as OddYaml;
}

/** One document that is not empty. `value` is undefined when the document itself is broken. */
export interface StreamDocument {
  readonly value: unknown;
  readonly locate: Locate;
  readonly file: string;
}

export interface Stream {
  readonly documents: readonly StreamDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads all documents of a stream. Never throws: what cannot be read becomes a diagnostic. */
export function parseStream(text: string, file: string): Stream {
  const start = { file, line: 1, column: 1 };
  const refuse = (message: string, hint: string): Stream => ({
    documents: [],
    diagnostics: [{ severity: "error", message, hint, source: start }],
  });
  if (text.length > MAX_INPUT) {
    return refuse(
      `the file has ${(text.length / 1e6).toFixed(1)} million characters, more than the ${MAX_INPUT / 1e6} million allowed`,
      "split the lab, or move what is not needed elsewhere",
    );
  }
  const nul = text.indexOf("\0");
  if (nul >= 0)
    return refuse(
      "the file contains a NUL character; it is not text",
      "is it a binary file, or UTF-16? Save it as UTF-8",
    );

  // What precedes the first character of a line, or ends a line in another way, is not part of the text.
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const lines = new TextLines(plain);
  return onceTemplated(readDocuments(plain, file, lines) ?? oddYaml().readByPackage(plain, 0, file, lines));
}

/** Lab files are YAML 1.2; manifests are read as kubectl does. */
export function wordsOf(part: string): ScalarWords {
  return part.includes("Lab") && LAB.test(part) ? plainScalar : kubeScalar;
}

/** For a file with templates one of them is reported. */
function onceTemplated(stream: Stream): Stream {
  const first = stream.diagnostics.find(({ message }) => TEMPLATED.test(message));
  if (first === undefined) return stream;
  const others = stream.diagnostics.filter(({ message }) => !TEMPLATED.test(message));
  return { ...stream, diagnostics: [...others, first] };
}

/**
 * Document by document, as kubectl splits a stream; those that are written plainly without the yaml package, which takes 50 times
 * as long. Undefined where marks of a stream join documents: then it must be read as a whole.
 */
function readDocuments(text: string, file: string, lines: TextLines): Stream | undefined {
  const bounds = documentBounds(text);
  if (bounds === undefined) return undefined;
  const places = new BlockPlaces();
  const locator = new BlockLocator(text, lines, places);
  const documents: StreamDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { from, begin, to } of bounds) {
    const part = text.slice(begin, to);
    const unread = part.includes("CustomResourceDefinition") && UNREAD.test(part);
    const isPlain = !ODD.test(part);
    const words = wordsOf(part);
    const block = isPlain || unread ? readBlock(text, begin, to, places, unread, words) : undefined;
    if (block === null) continue;
    const plain = block?.value === undefined ? (isPlain ? oddYaml().readPlain(part, begin, words) : undefined) : block;
    if (plain === null) continue;
    if (plain === undefined && part.length > MAX_ODD) {
      diagnostics.push(tooLong(part.length, lines.source(file, block?.start ?? begin + part.search(ODD))));
    } else if (plain === undefined) {
      const parts = oddYaml().readByPackage(text.slice(from, to), from, file, lines);
      append(documents, parts.documents);
      append(diagnostics, parts.diagnostics);
    } else {
      const locate = "root" in plain ? plainLocator(file, lines, plain) : locator.of(file, plain);
      documents.push({ value: plain.value, locate, file });
    }
  }
  return { documents, diagnostics };
}

function tooLong(length: number, source: SourceRef): Diagnostic {
  return {
    severity: "error",
    message: `YAML: a document of ${(length / 1e6).toFixed(1)} million characters must be plain YAML; this is something else, or a mistake`,
    source,
    hint: "is there a duplicate key, an open quote, an anchor, a tag or a tab here? Or split the document",
  };
}

interface Bounds {
  readonly from: number;
  readonly begin: number;
  readonly to: number;
}

/** Where documents begin, with and without their `---`, and end. Undefined when other marks of a stream are in it. */
function documentBounds(text: string): readonly Bounds[] | undefined {
  if (text.includes("\r")) return undefined;
  const bounds: Bounds[] = [];
  let last = { from: 0, begin: 0 };
  for (const { 0: line, index } of text.matchAll(/^(?:---|\.\.\.|%).*$/gm)) {
    if (!/^--- *(?: #.*)?$/.test(line)) return undefined;
    bounds.push({ ...last, to: index });
    last = { from: index, begin: Math.min(text.length, index + line.length + 1) };
  }
  return [...bounds, { ...last, to: text.length }].flatMap((bound) => jsonBounds(text, bound));
}

/** JSON objects one after the other, as `jq` prints them, also on one line. */
function jsonBounds(text: string, { from, begin, to }: Bounds): readonly Bounds[] {
  const part = text.slice(begin, to);
  if (!/^\s*\{\s*["}]/.test(part) || !/\}\s*\{/.test(part)) return [{ from, begin, to }];
  const starts: number[] = [];
  let depth = 0;
  for (const { 0: token, index } of part.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g)) {
    if (token === "{" && depth++ === 0) starts.push(starts.length === 0 ? begin : begin + index);
    if (token === "}") depth--;
  }
  if (depth !== 0) return [{ from, begin, to }];
  return starts.map((start, i) => ({ from: i === 0 ? from : start, begin: start, to: starts[i + 1] ?? to }));
}
