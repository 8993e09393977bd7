/** Regular expressions of rules, each compiled once. Written for PCRE or RE2: what JavaScript cannot read matches nothing. */

const KNOWN = new Map<string, RegExp | undefined>();

/** Undefined: it cannot be read. */
export function compiled(source: string, ignoreCase = false): RegExp | undefined {
  const key = `${ignoreCase ? "i" : ""}/${source}`;
  if (KNOWN.has(key)) return KNOWN.get(key);
  const regex = read(source, ignoreCase);
  KNOWN.set(key, regex);
  return regex;
}

/** `(?i)` at the beginning is PCRE's and RE2's way to ignore case, `(?<name>` and `(?P<name>` are one. */
function read(source: string, ignoreCase: boolean): RegExp | undefined {
  const [, switched, rest = ""] = /^(\^?\(\?i\))?(.*)$/s.exec(source) ?? [];
  const anchored = switched?.startsWith("^") === true ? `^${rest}` : rest;
  try {
    return new RegExp(anchored.replaceAll("(?P<", "(?<"), ignoreCase || switched !== undefined ? "i" : "");
  } catch {
    return undefined;
  }
}

/** What of a text an expression matches from its beginning on. */
export function matchFromStart(source: string, ignoreCase: boolean, text: string): RegExpExecArray | undefined {
  const inline = source.startsWith("(?i)");
  const body = inline ? source.slice(4) : source;
  return compiled(`^(?:${body})`, ignoreCase || inline)?.exec(text) ?? undefined;
}

/** Whether it matches the whole text. */
export function matchesWhole(source: string, text: string): boolean {
  const inline = source.startsWith("(?i)");
  return compiled(`^(?:${inline ? source.slice(4) : source})$`, inline)?.test(text) === true;
}
