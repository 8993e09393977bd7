/** Text as one word of a POSIX shell. Nothing in a lab file can break out of its word. */
import { Buffer } from "node:buffer";
import { printableLines } from "../printable.ts";

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Octal escapes of printf(1); the command substitution around it removes line feeds at the end only. */
function byPrintf(char: string): string {
  const bytes = [...Buffer.from(char)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`);
  return `"$(printf '${bytes.join("")}')"`;
}

/** Unquoted where it is plain, otherwise in single quotes; unprintable text is made by printf(1). */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  if (printableLines(text) === text) return quote(text);
  const parts: string[] = [];
  let plain = "";
  for (const char of text) {
    if (printableLines(char) === char) {
      plain += char;
      continue;
    }
    if (plain !== "") parts.push(quote(plain));
    plain = "";
    parts.push(byPrintf(char));
  }
  return [...parts, ...(plain === "" ? [] : [quote(plain)])].join("");
}

/** Words of a command; undefined ones are left out. */
export function shellLine(...words: readonly (string | number | undefined)[]): string {
  return words
    .filter((word) => word !== undefined)
    .map((word) => shellWord(String(word)))
    .join(" ");
}
