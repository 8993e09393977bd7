/** Quantities as lab files write them: durations, rates, sizes. */

/** Milliseconds of `500ms`, `5s`, `1m`, `1.5s`; a bare number is seconds. Undefined when it is none. */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? Math.round(value * 1000) : undefined;
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h)?$/.exec(value.trim());
  if (match === null) return undefined;
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "s"] ?? 1000;
  return Math.round(Number(match[1]) * unit);
}

const RATE_UNITS: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  kibit: 1024,
  mibit: 1024 ** 2,
  gibit: 1024 ** 3,
  bps: 8,
  kbps: 8e3,
  mbps: 8e6,
  gbps: 8e9,
};

/** Bits per second of `10mbit`, `1gbit`, `64kbit`, in tc(8)'s units (`mbps` is megabytes); a bare number is bits per second. */
export function parseRate(value: string | number): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 1 ? Math.round(value) : undefined;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]+)?$/i.exec(value.trim());
  const unit = match === null ? undefined : RATE_UNITS[(match[2] ?? "bit").toLowerCase()];
  if (match === null || unit === undefined) return undefined;
  const bps = Math.round(Number(match[1]) * unit);
  return bps >= 1 ? bps : undefined;
}

const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2 };

/** Bytes of `32kb`, `1600`, `1mb`, in tc(8)'s units (1 kb is 1024 bytes). */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) && value >= 1 ? value : undefined;
  const match = /^(\d{1,10})\s*([a-z]+)?$/i.exec(value.trim());
  const unit = match === null ? undefined : SIZE_UNITS[(match[2] ?? "b").toLowerCase()];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit || undefined;
}

const KEEP_UNITS: Readonly<Record<string, number>> = { mb: 1e6, mib: 1024 ** 2, gb: 1e9, gib: 1024 ** 3 };
/** Two files of a million bytes: less is not to be had of tcpdump. */
const LEAST_KEPT = 2e6;
export const KEEP_HINT = "write a size of at least 2MB: 200MB, 64MiB or 1GB";

/** Bytes of `200MB`, `64MiB`, `1.5GB`: how much a capture keeps. */
export function parseKeep(text: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)$/i.exec(text.trim());
  const bytes = Number(match?.[1]) * (KEEP_UNITS[match?.[2]?.toLowerCase() ?? ""] ?? Number.NaN);
  return bytes >= LEAST_KEPT ? Math.round(bytes) : undefined;
}

/** How many of something: `2`, `>=1`, `<=5`, `>1`, `<3`, `1..3`. No upper bound is Number.MAX_SAFE_INTEGER (it survives JSON). */
export function parseRange(value: string | number): { readonly min: number; readonly max: number } | undefined {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? { min: value, max: value } : undefined;
  const text = value.trim();
  const span = /^(\d{1,9})\s*\.\.\s*(\d{1,9})$/.exec(text);
  if (span !== null) {
    const [min, max] = [Number(span[1]), Number(span[2])];
    return min <= max ? { min, max } : undefined;
  }
  const match = /^(>=|<=|>|<|=|==)?\s*(\d{1,9})$/.exec(text);
  if (match === null) return undefined;
  const n = Number(match[2]);
  switch (match[1]) {
    case ">=":
      return { min: n, max: Number.MAX_SAFE_INTEGER };
    case ">":
      return { min: n + 1, max: Number.MAX_SAFE_INTEGER };
    case "<=":
      return { min: 0, max: n };
    case "<":
      return n === 0 ? undefined : { min: 0, max: n - 1 };
    default:
      return { min: n, max: n };
  }
}

/** A thousandth of a millionth to 10¹⁸, and 2¹⁰ to 2⁶⁰. */
function unitOf(suffix: string): number {
  const [letter = " "] = suffix;
  return suffix.endsWith("i")
    ? 2 ** (10 * ("KMGTPE".indexOf(letter) + 1))
    : 10 ** (3 * ("num kMGTPE".indexOf(letter) - 3));
}

/** The value of a Kubernetes resource quantity: `500m` cores, `64Mi` bytes, `1e3`. Undefined when it is not one. */
export function parseResourceQuantity(value: unknown): number | undefined {
  const match = /^\+?(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(value).trim());
  if (match === null) return undefined;
  const [, number, exponent, unit = ""] = match;
  const amount = Number(number) * (exponent === undefined ? unitOf(unit) : 10 ** Number(exponent));
  // 100m / 1m is 100, not a little more.
  return Number(amount.toPrecision(15));
}
