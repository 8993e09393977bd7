/**
 * Looks for the words of scripts/words.ts in the comments and strings of sources, in the titles of tests, in pages and in lab
 * files, and prints each with what to write instead.
 *   node scripts/check-words.ts [FOLDER]      default: this checkout; exit 1 when there is one
 */
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { sourceWords, testTitles } from "./source-words.ts";
import { ALLOWED, WORDS } from "./words.ts";

export interface ForeignWord {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** Folders and files that are read. */
const READ = /^(?:src|scripts|labs|test|\.github)\/|^[A-Z]+\.md$/;
const SOURCE = /\.(?:ts|tsx|cjs)$/;
const TEST = /^test\/.*\.test\.tsx?$/;
const PLAIN = /\.(?:md|yaml|sh)$|^scripts\/[\w-]+$/;
/** The list itself, the test that plants its words, and what is made from other files. */
const SKIPPED = /^scripts\/words\.ts$|^test\/unit\/scripts\/check-words\.test\.ts$|^labs\/schema\.json$/;

/** All that is wrong with the text of one file. */
export function checkText(file: string, text: string): readonly ForeignWord[] {
  const parts = TEST.test(file)
    ? testTitles(text)
    : SOURCE.test(file)
      ? sourceWords(text)
      : text.split("\n").map((line, index) => ({ kind: "text" as const, line: index + 1, text: line }));
  const found: ForeignWord[] = [];
  for (const { kind, line, text: part } of parts) {
    // A string of one word is a name: a path, an identifier.
    if (kind === "string" && !/\s/.test(part.trim())) continue;
    for (const { pattern, instead, opening } of WORDS) {
      if (opening === true && kind !== "comment") continue;
      const match = pattern.exec(part);
      if (match === null || ALLOWED.some((allowed) => allowed.file.test(file) && allowed.text.test(part))) continue;
      found.push({ file, line, found: match[0].trim(), instead });
    }
  }
  return found;
}

/** All that is wrong in a checkout. */
export function checkWords(root: string): readonly ForeignWord[] {
  const found: ForeignWord[] = [];
  for (const folder of ["", "src", "scripts", "labs", "test", ".github"]) {
    const names = readdirSync(join(root, folder), { recursive: folder !== "", withFileTypes: true });
    for (const entry of names) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name).slice(root.length + 1);
      if (file.startsWith("test/") && !TEST.test(file)) continue;
      if (READ.test(file) && (SOURCE.test(file) || PLAIN.test(file)) && !SKIPPED.test(file))
        found.push(...checkText(file, readFileSync(join(root, file), "utf8")));
    }
  }
  return found.sort((one, other) => (one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1));
}

if (import.meta.main) {
  const found = checkWords(resolve(process.argv[2] ?? join(import.meta.dirname, "..")));
  for (const { file, line, found: text, instead } of found)
    console.error(`${file}:${line}: "${text}": write instead: ${instead}`);
  if (found.length > 0) process.exitCode = 1;
}
