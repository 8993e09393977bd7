/** Helpful messages for schema mistakes: what is wrong at which path, what would be right. */
import type * as z from "zod";
import type { $ZodIssue, $ZodRawIssue } from "zod/v4/core";
import { didYouMean, nearestNames } from "./nearest.ts";
import { formatPath, type Path } from "./path.ts";

/** One mistake of a document's shape. */
export interface ShapeMistake {
  readonly path: Path;
  readonly at: "key" | "value";
  readonly message: string;
  readonly hint?: string | undefined;
  readonly unknownKey?: boolean;
  readonly missing?: boolean;
  /** A map or a list was expected here: names may be missing with it. */
  readonly holdsNames?: boolean;
}

/** Message and hint travel through the schema library in one string. */
const SEPARATOR = "\u0001";
const join = (message: string, hint?: string): string => (hint === undefined ? message : message + SEPARATOR + hint);

const YAML_11_BOOLEANS = /^(y|n|yes|no|on|off)$/i;

function typeName(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  null: "nothing",
};

function shown(value: unknown): string {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function typeHint(expected: string, input: unknown): string | undefined {
  if (input === null) return "give it a value, or remove the key";
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean"))
    return `quote it: "${String(input)}"`;
  if (expected === "boolean" && typeof input === "string" && YAML_11_BOOLEANS.test(input)) {
    return `"${input}" is text in YAML 1.2: write ${/^(y|yes|on)$/i.test(input) ? "true" : "false"}`;
  }
  if (expected === "array" && (typeof input === "string" || typeof input === "number"))
    return `write a list: [${String(input)}]`;
  if ((expected === "number" || expected === "int") && typeof input === "string" && /^\d+$/.test(input))
    return `remove the quotes: ${input}`;
  if (expected === "number" || expected === "int") return "write digits only";
  if ((expected === "object" || expected === "record") && Array.isArray(input))
    return "write a map of names, not a list of entries";
  if (expected === "object" || expected === "record") return "write key: value lines, indented below";
  if (expected === "string" && typeof input === "object" && input !== null)
    return "quote it if it holds { } [ ] : or #";
  return undefined;
}

function shapeKeys(inst: unknown): readonly string[] {
  const shape = (inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

/** Zod's error map: the sentence for one issue. `undefined` leaves the sentence to the schema or the library. */
export function describeIssue(issue: $ZodRawIssue): string | undefined {
  const { input } = issue;
  switch (issue.code) {
    case "invalid_type":
      if (input === undefined) return join("missing");
      return join(
        `expected ${EXPECTED[issue.expected] ?? issue.expected}, got ${typeName(input)}${typeof input === "object" ? "" : ` ${shown(input)}`}`,
        typeHint(issue.expected, input),
      );
    case "invalid_value": {
      if (input === undefined) return join("missing", `write ${issue.values.map(String).join(" or ")}`);
      const values = issue.values.map(String);
      return join(
        `${shown(input)} is not allowed here`,
        didYouMean(typeof input === "string" ? input : shown(input), values, values.length === 1 ? "write" : "one of"),
      );
    }
    case "unrecognized_keys": {
      const keys = shapeKeys(issue.inst);
      return issue.keys
        .map((key) => join(`unknown key "${key}"`, didYouMean(key, keys, "valid keys", 60)))
        .join("\u0002");
    }
    case "too_small":
    case "too_big": {
      const limit = issue.code === "too_small" ? issue.minimum : issue.maximum;
      const many = issue.code === "too_small" ? "at least" : "at most";
      if (issue.origin === "string")
        return input === ""
          ? join("empty text", "write something, or remove the key")
          : join(`text of ${String(input).length} characters`, `${many} ${limit} characters`);
      if (issue.origin === "array")
        return join(
          (input as unknown[]).length === 0 ? "an empty list" : `a list of ${(input as unknown[]).length}`,
          `it needs ${many} ${limit} ${Number(limit) === 1 ? "entry" : "entries"}`,
        );
      return join(`${shown(input)} is out of range`, `${many} ${limit}`);
    }
    case "invalid_format":
      return join(`${shown(input)} is malformed`);
    case "invalid_key":
      return join("a key that is not allowed here", issue.issues[0]?.message);
    case "invalid_union":
      return join(`${typeName(input)} matches none of the allowed forms`);
    default:
      return undefined;
  }
}

/** How far an alternative of a union is from what was written: lower is nearer. */
function distance(issues: readonly $ZodIssue[]): number {
  let sum = 0;
  for (const issue of issues) {
    const root = issue.path.length === 0;
    if (issue.code === "invalid_type" && root) sum += 1000;
    else if (issue.code === "invalid_value" && root) sum += 200;
    else if (issue.code === "invalid_type" && issue.path.length === 1 && issue.message.startsWith("missing")) sum += 20;
    else if (issue.code === "unrecognized_keys") sum += 2 * issue.keys.length;
    else if (issue.code === "invalid_union" && root) sum += Math.min(...issue.errors.map(distance));
    else sum += 1;
  }
  return sum;
}

function split(message: string): { message: string; hint?: string } {
  const [text = "", hint] = message.split(SEPARATOR);
  return hint === undefined || hint === "" ? { message: text } : { message: text, hint };
}

function withPath(text: string, path: Path): string {
  const where = formatPath(path);
  return where === "" ? text : `${where}: ${text}`;
}

function expand(issue: $ZodIssue, before: Path): readonly ShapeMistake[] {
  const path: Path = [...before, ...issue.path.map((p) => (typeof p === "symbol" ? String(p) : p))];
  if (issue.code === "invalid_union" && issue.input === undefined) {
    return [
      {
        path,
        at: "key",
        missing: true,
        message: `${formatPath(path)} is missing`,
        hint: `add the key ${String(path.at(-1) ?? "")}`,
      },
    ];
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => distance(a) - distance(b));
    const [best = []] = nearest;
    // Two simple forms that both do not fit: name both.
    if (distance(best) >= 1000) {
      const wanted = nearest
        .filter((errors) => distance(errors) >= 1000)
        .flatMap((errors) =>
          errors.flatMap((e) => (e.code === "invalid_type" ? [EXPECTED[e.expected] ?? e.expected] : [])),
        );
      const first = best[0] === undefined ? undefined : split(best[0].message);
      const got = typeName(issue.input);
      return [
        {
          path,
          at: "value",
          holdsNames: wanted.includes("a map"),
          message: withPath(`expected ${[...new Set(wanted)].join(" or ")}, got ${got}`, path),
          ...(first?.hint === undefined ? {} : { hint: first.hint }),
        },
      ];
    }
    return best.flatMap((inner) => expand(inner, path));
  }
  if (issue.code === "unrecognized_keys") {
    const texts = issue.message.split("\u0002");
    return issue.keys.map((key, i) => {
      const { message, hint } = split(texts[i] ?? `unknown key "${key}"`);
      return {
        path: [...path, key],
        at: "key",
        message: withPath(message, path),
        unknownKey: true,
        ...(hint === undefined ? {} : { hint }),
      };
    });
  }
  const { message: sentence, hint } = split(issue.message);
  const message =
    sentence.startsWith("must ") && typeof issue.input === "string" ? `${shown(issue.input)} ${sentence}` : sentence;
  const missing = message === "missing";
  if (issue.code === "invalid_key") {
    const key = JSON.stringify(String(path.at(-1) ?? ""));
    return [
      {
        path,
        at: "key",
        holdsNames: true,
        message: withPath(`the key ${key} is not allowed here`, path.slice(0, -1)),
        hint: hint ?? "use another name",
      },
    ];
  }
  if (missing) {
    return [
      {
        path,
        at: "key",
        missing,
        message: `${formatPath(path)} is missing`,
        hint: hint ?? `add the key ${String(path.at(-1) ?? "")}`,
      },
    ];
  }
  return [
    {
      path,
      at: "value",
      holdsNames: issue.code === "invalid_type" && ["object", "record", "array"].includes(issue.expected),
      message: withPath(message, path),
      ...(hint === undefined ? {} : { hint }),
    },
  ];
}

/** A mistyped key is one mistake, not an unknown and a missing one. */
function withoutEchoes(mistakes: readonly ShapeMistake[]): readonly ShapeMistake[] {
  const unknown = mistakes.filter((mistake) => mistake.unknownKey);
  return mistakes.filter(
    (mistake) =>
      !mistake.missing ||
      !unknown.some(
        ({ path }) =>
          formatPath(path.slice(0, -1)) === formatPath(mistake.path.slice(0, -1)) &&
          nearestNames(String(path.at(-1)), [String(mistake.path.at(-1))]).length > 0,
      ),
  );
}

/** All mistakes of a value's shape (no code is generated: a file is read once); none when it fits, and then its typed value. */
export function parseShape<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly data: T } | { readonly mistakes: readonly ShapeMistake[] } {
  const result = schema.safeParse(value, { error: describeIssue, reportInput: true, jitless: true });
  return result.success
    ? { data: result.data }
    : { mistakes: withoutEchoes(result.error.issues.flatMap((issue) => expand(issue, []))) };
}
