/** Numbers and long lists in sentences. */

/** `1 operation`, `3 operations`, `2 entries`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** `a, b and 3 more`: at most so many names, each once. */
export function firstOf(names: Iterable<string>, most: number): string {
  const all = [...new Set(names)];
  return all.slice(0, most).join(", ") + (all.length > most ? ` and ${all.length - most} more` : "");
}
