/** How the values of ingress-nginx' annotations are read (internal/ingress/annotations/parser). */
import { parsePrefix, formatPrefix } from "../../../net/address.ts";

/** Undefined: the value cannot be read. */
export type Parser<T> = (text: string) => T | undefined;

export interface AnnotationKind<T> {
  readonly parse: Parser<T>;
  /** `true or false`. */
  readonly expected: string;
  /** What it changes, for users. */
  readonly changes: string;
  /** A value that cannot be read makes the controller answer 503 for the location; else the default counts. */
  readonly denies?: true | undefined;
}

const kind = <T>(parse: Parser<T>, expected: string, changes: string, denies?: true): AnnotationKind<T> => ({
  parse,
  expected,
  changes,
  ...(denies === undefined ? {} : { denies }),
});

/** Go's strconv.ParseBool. */
const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

export const readBoolean: Parser<boolean> = (text) => (TRUE.has(text) ? true : FALSE.has(text) ? false : undefined);
export const readInteger: Parser<number> = (text) => (/^[+-]?\d{1,9}$/.test(text) ? Number(text) : undefined);

export const flag = (changes: string): AnnotationKind<boolean> => kind(readBoolean, "true or false", changes);
export const integer = (changes: string): AnnotationKind<number> => kind(readInteger, "a whole number", changes);

export const text = (changes: string, pattern = /^[^\r\n]+$/, denies?: true): AnnotationKind<string> =>
  kind((value) => (pattern.test(value) ? value : undefined), `text like ${pattern.source}`, changes, denies);

export function choice<const T extends string>(
  values: readonly T[],
  changes: string,
  denies?: true,
): AnnotationKind<T> {
  const find = (value: string): T | undefined => values.find((one) => one.toLowerCase() === value.toLowerCase());
  return kind(find, values.join(", "), changes, denies);
}

export const words = (value: string): readonly string[] =>
  value
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

export const list = (changes: string): AnnotationKind<readonly string[]> => kind(words, "a list with commas", changes);

/** Prefixes and single addresses, canonical; undefined where none can be read. */
export const readNetworks: Parser<readonly string[]> = (value) => {
  const prefixes = words(value).flatMap((one) => {
    const prefix = parsePrefix(one.includes("/") ? one : `${one}/${one.includes(":") ? 128 : 32}`);
    return prefix === undefined ? [] : [formatPrefix(prefix)];
  });
  return prefixes.length === 0 ? undefined : prefixes;
};

export const networks = (changes: string): AnnotationKind<readonly string[]> =>
  kind(readNetworks, "addresses and networks with commas", changes, true);

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes: `1m`, `512k`. */
export const readSize: Parser<number> = (value) => {
  const [, digits, unit = ""] = /^(\d{1,12})([bkmg]?)$/i.exec(value) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
};

export const size = (changes: string): AnnotationKind<number> => kind(readSize, "a size: 8m", changes);

export const statusCodes = (changes: string): AnnotationKind<readonly number[]> =>
  kind(
    (value) => {
      const codes = words(value).map(Number);
      return codes.every((one) => one >= 100 && one <= 599) ? codes : undefined;
    },
    "status codes with commas",
    changes,
  );
