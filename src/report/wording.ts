/** Texts that several reporters share: durations, check titles, wrapped text. */
import { formatSource } from "../cause.ts";
import type { CheckResult } from "../events.ts";
import type { Family } from "../net/family.ts";
import { printable, printableLines } from "../printable.ts";

/** `8 ms`, `1.24 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** How long ago: `12 s`, `5 min`, `3 h`, `2 days`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** The check's name, with its family in a lab that has several. */
export function checkTitle(result: CheckResult, families: readonly Family[]): string {
  const name = printable(result.name);
  return families.length < 2 || result.family === undefined || name.includes(result.family)
    ? name
    : `${name} (${result.family})`;
}

/** Words wrapped to lines of at most `width` characters; lines of the text stay apart. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  // A line break in a paragraph is where the author's line was full; before a list item, an indent or after a blank line it is meant.
  const paragraphs = text.trim().replaceAll(/(?<=\S)\n(?=[^\s*-])/gu, " ");
  for (const paragraph of paragraphs.split("\n")) {
    let line = "";
    for (const word of paragraph.split(/\s+/).filter((part) => part !== "")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = "";
      }
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** What a failed check has to say, as labelled facts in the order in which people need them. */
export function failureFacts(result: CheckResult): { label: string; text: string }[] {
  const facts: { label: string; text: string | undefined }[] = [
    { label: "expected", text: result.expected },
    { label: "got", text: result.got },
    { label: "differs", text: result.differs },
    { label: "dropped by", text: result.dropped },
    { label: "last seen", text: result.lastSeen },
    { label: "expected because", text: result.explain },
    { label: "in file", text: formatSource(result.source) },
    { label: "try", text: result.reproduce },
  ];
  return facts.flatMap(({ label, text }) => {
    if (text === undefined || text === "") return [];
    const isLong = label === "got" || label === "try" || label === "expected because";
    return [{ label, text: isLong ? printableLines(text.trim()) : printable(text.trim()) }];
  });
}
