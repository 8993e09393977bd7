/** Durations as Go reads them (time.ParseDuration): `120s`, `1m30s`. */

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** Whole seconds; undefined: it is none. */
export function goSeconds(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return text === "0" ? 0 : undefined;
  let seconds = 0;
  for (const [, number = "0", , unit = "s"] of text.matchAll(/(\d+(\.\d+)?)(h|ms|m|s)/g))
    seconds += Number(number) * (UNITS[unit] ?? 1);
  return Math.round(seconds);
}
