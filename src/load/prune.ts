/** Cuts the mistaken parts out of a document, so that the mistakes in the rest can be reported too. */
import type * as z from "zod";
import { formatPath, type Locate, type Path } from "../syntax/path.ts";
import { parseShape, type ShapeMistake } from "../syntax/issues.ts";

type Container = Record<string | number, unknown>;

/** A tree of what is cut; a leaf is cut as a whole. */
type Cuts = Map<string | number, Cuts | "cut">;

/** A placeholder for a value that everything else needs, when it is wrong: by its path, `metadata.name`. */
export type Fallbacks = ReadonlyMap<string, unknown>;

/** Nested mistakes uncover further ones (a list that gets too short); this many times is enough for any file. */
const MAX_ROUNDS = 25;

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const element of path) {
    if (!isContainer(at) || !Object.hasOwn(at, element)) return undefined;
    at = at[element];
  }
  return at;
}

function addCut(cuts: Cuts, path: Path): void {
  const [head, ...rest] = path;
  if (head === undefined || cuts.get(head) === "cut") return;
  if (rest.length === 0) {
    cuts.set(head, "cut");
    return;
  }
  let next = cuts.get(head);
  if (next === undefined || next === "cut") cuts.set(head, (next = new Map()));
  addCut(next, rest);
}

/** A copy without what is cut; lists close up. */
function apply(value: unknown, cuts: Cuts): unknown {
  if (!isContainer(value)) return value;
  const entry = (key: string | number, child: unknown): readonly [string | number, unknown][] => {
    const cut = cuts.get(key);
    if (cut === "cut") return [];
    return [[key, cut === undefined ? child : apply(child, cut)]];
  };
  if (Array.isArray(value)) return value.flatMap((child: unknown, i) => entry(i, child)).map(([, child]) => child);
  return Object.fromEntries(Object.entries(value).flatMap(([key, child]) => entry(key, child)));
}

/** Replaces the value at a path; creates missing maps. */
function put(value: unknown, path: Path, replacement: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return replacement;
  const map = isContainer(value) && !Array.isArray(value) ? value : {};
  return { ...map, [head]: put(map[head], rest, replacement) };
}

/** A path in the pruned document as one in the whole document. */
function original(path: Path, cuts: Cuts): Path {
  const result: (string | number)[] = [];
  let at: Cuts | undefined = cuts;
  for (const element of path) {
    let index = element;
    if (typeof element === "number" && at !== undefined) {
      let left = element;
      for (index = 0; left > 0 || at.get(index) === "cut"; index++) if (at.get(index) !== "cut") left--;
    }
    result.push(index);
    const next: Cuts | "cut" | undefined = at?.get(index);
    at = next === "cut" ? undefined : next;
  }
  return result;
}

export interface Shaped<T> {
  /** The typed value of what fits; undefined when nothing useful is left. */
  readonly data: T | undefined;
  /** Every mistake, with paths in the whole document. */
  readonly mistakes: readonly ShapeMistake[];
  /** Positions of paths in `data`. */
  readonly locate: Locate;
  /** Something that others may name was cut. */
  readonly incomplete: boolean;
}

/** Parses a document; where it does not fit, what is wrong is cut out until the rest fits. */
export function shapeDocument<T>(
  schema: z.ZodType<T>,
  document: unknown,
  locate: Locate,
  fallbacks: Fallbacks = new Map(),
): Shaped<T> {
  let value = document;
  const cuts: Cuts = new Map();
  const mistakes: ShapeMistake[] = [];
  let incomplete = false;
  const moved: Locate = (path, part) => locate(original(path, cuts), part);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = parseShape(schema, round === 0 ? value : apply(value, cuts));
    if ("data" in result) return { data: result.data, mistakes, locate: round === 0 ? locate : moved, incomplete };
    const before = structuredClone(cuts);
    for (const mistake of result.mistakes) {
      const path = original(mistake.path, before);
      if (round === 0) mistakes.push(mistake);
      const fallback = fallbacks.get(formatPath(path));
      if (fallback !== undefined) {
        value = put(value, path, fallback);
        continue;
      }
      const target = valueAt(value, path) === undefined || isCut(cuts, path) ? path.slice(0, -1) : path;
      if (target.length === 0) return { data: undefined, mistakes, locate, incomplete: true };
      if (isContainer(valueAt(value, target)) || typeof target.at(-1) === "number" || mistake.holdsNames === true)
        incomplete = true;
      addCut(cuts, target);
    }
  }
  return { data: undefined, mistakes, locate, incomplete: true };
}

function isCut(cuts: Cuts, path: Path): boolean {
  let at: Cuts | "cut" | undefined = cuts;
  for (const element of path) {
    if (at === "cut") return true;
    at = at?.get(element);
  }
  return at === "cut";
}
