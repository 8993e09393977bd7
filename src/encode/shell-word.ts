/** Text as one word of a POSIX shell, and text inside a comment. Nothing that a lab file says can leave its word. */

/** Unquoted where it is plain, otherwise in single quotes. */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Words of a command; undefined ones are left out. */
export function shellLine(...words: readonly (string | number | undefined)[]): string {
  return words
    .filter((word) => word !== undefined)
    .map((word) => shellWord(String(word)))
    .join(" ");
}

/** Text for one comment line: control characters and line separators become escapes. */
export function commentText(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
