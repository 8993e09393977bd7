/** Splits a line into words as a POSIX shell does with quotes, and without anything else a shell would do. */

/** Words of the line, or what is wrong with it. Quotes group; a backslash makes the next character literal. */
export function splitWords(line: string): { readonly words: readonly string[] } | { readonly error: string } {
  const words: string[] = [];
  let word = "";
  let open = false;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? "";
    if (quote === "'") {
      if (c === "'") quote = "";
      else word += c;
    } else if (c === "\\") {
      const next = line[i + 1];
      if (next === undefined) return { error: "there is a backslash at the end" };
      if (quote === '"' && !'"\\$`'.includes(next)) word += c;
      word += next;
      open = true;
      i++;
    } else if (quote === '"') {
      if (c === '"') quote = "";
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      open = true;
    } else if (c === " " || c === "\t") {
      if (open) words.push(word);
      word = "";
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote !== "") return { error: `a ${quote} is not closed` };
  if (open) words.push(word);
  return { words };
}
