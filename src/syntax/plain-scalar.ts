/** What an unquoted word means: in YAML 1.2's core schema, as lab files have it, and in manifests, as kubectl reads them. */

/** Undefined for what the yaml package must read. */
export type ScalarWords = (word: string) => string | number | boolean | null | undefined;

/** Words and numbers with a special meaning in some spelling. */
const DOUBTFUL = /^(?:null|true|false|~|[-+]?\.(?:inf|nan)|0[ox][\da-f]*|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?)$/i;
const codes = (text: string): ReadonlySet<number> => new Set([...text].map((one) => one.charCodeAt(0)));
/** Their first characters. */
const MARKS = codes("nNtTfF~+-.0123456789");
const INTEGER = /^\d{1,15}$/;

/** YAML 1.2. */
export const plainScalar: ScalarWords = (word) => {
  if (!MARKS.has(word.charCodeAt(0))) return word;
  if (INTEGER.test(word)) return Number(word);
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  return DOUBTFUL.test(word) ? undefined : word;
};

const KUBE_MARKS = codes("nNtTfFyYoO~+-.0123456789");
const DECIMAL = /^(?:0|[1-9]\d{0,14})$/;
const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["null", "Null", "NULL", "~"].map((word) => [word, null] as const),
]);
const NUMBER = /^[-+]?(?:\.\d|\d)/;
const PREFIXED = /^([-+]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** YAML 1.1 as sigs.k8s.io/yaml has it (goyaml.v2/resolve.go): yes and on, octal numbers, underscores in numbers. */
export const kubeScalar: ScalarWords = (word) => {
  if (!KUBE_MARKS.has(word.charCodeAt(0))) return word;
  if (DECIMAL.test(word)) return Number(word);
  const known = word.length <= 5 ? WORDS.get(word) : undefined;
  if (known !== undefined) return known;
  if (/^[-+]?\.(?:inf|nan)$/i.test(word)) return undefined;
  if (!NUMBER.test(word)) return word;
  const digits = word.replaceAll("_", "");
  const [, sign, prefixed] = PREFIXED.exec(digits) ?? [];
  if (prefixed !== undefined) {
    const octal = /^0\d/.test(prefixed) ? `0o${prefixed.slice(1)}` : prefixed;
    return sign === "-" ? -Number(octal) : Number(octal);
  }
  return FLOAT.test(digits) ? Number(digits) : word;
};
