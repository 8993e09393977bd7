/** What an unquoted word means in YAML 1.2's core schema, for those that leave no doubt. */

/** Words and numbers that mean something in one spelling or another. */
const DOUBTFUL = /^(?:null|true|false|~|[-+]?\.(?:inf|nan)|0[ox][\da-f]*|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?)$/i;
/** What those begin with. */
const MARKS: ReadonlySet<number> = new Set([..."nNtTfF~+-.0123456789"].map((one) => one.charCodeAt(0)));
const INTEGER = /^\d{1,15}$/;

/** Undefined for what the yaml package is to be asked about. */
export function plainScalar(word: string): string | number | boolean | null | undefined {
  if (!MARKS.has(word.charCodeAt(0))) return word;
  if (INTEGER.test(word)) return Number(word);
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  return DOUBTFUL.test(word) ? undefined : word;
}
