/** Whether a text matches a lab file's expectation: contains it, or matches `/regular expression/flags`. */

const PATTERN = /^\/(.+)\/([dgimsuvy]*)$/s;

/** Throws SyntaxError for a broken expression; the lab file has already been checked for that. */
export function textMatches(text: string, wanted: string): boolean {
  const pattern = PATTERN.exec(wanted);
  if (pattern === null) return text.includes(wanted);
  const [, source = "", flags = ""] = pattern;
  return new RegExp(source, flags.replaceAll(/[gy]/g, "")).test(text);
}

/** `contains "text"` or `matches /expression/`. */
export function describeTextMatch(wanted: string): string {
  return PATTERN.test(wanted) ? `matches ${wanted}` : `contains ${JSON.stringify(wanted)}`;
}
