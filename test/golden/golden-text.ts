/**
 * The text of a plan as it is held in a file: what a reviewer would read. Positions and the width of columns are left out, so that
 * a line of a lab changes only what it makes. Lines of a namespace that repeat those of an earlier one but for names and numbers
 * are a count and a digest: each is still held, and can be read in the full plan.
 */
import { createHash } from "node:crypto";

/** Without `labs/x.yaml:35:5`. */
export const withoutPositions = (text: string): string => text.replaceAll(/labs\/[\w-]+\.yaml:\d+:\d+ /g, "");

const LINE = /^ {2}(?<what>.*?) +# (?:[^:]*: )?(?<reason>.*)$/;

/** What a line is about: its words, without names of namespaces and whatever has a digit; `undefined`: not an operation. */
function shapeOf(line: string, names: ReadonlySet<string>): string | undefined {
  const { what, reason } = LINE.exec(line)?.groups ?? {};
  if (what === undefined || reason === undefined) return undefined;
  const isName = (word: string): boolean => /\d/.test(word) || names.has(word);
  return `${what} # ${reason}`.replaceAll(/(?<=^|[\s(])\S+?(?=(?:'s)?[,:)]*(?:\s|$))/g, (word) =>
    isName(word) ? "_" : word,
  );
}

/** A plan (`formatPlan`) as it is held. */
export function goldenPlan(plan: string): string {
  const sections = withoutPositions(plan).split("\n\n");
  const names = new Set(sections.flatMap((section) => (section.split("\n")[0] ?? "").split(/: |\//)));
  const above = new Set<string>();
  const held = sections.map((section) => {
    const kept: string[] = [];
    const folded: string[] = [];
    const own: string[] = [];
    for (const line of section.split("\n")) {
      const shape = shapeOf(line, names);
      if (shape !== undefined) own.push(shape);
      if (shape !== undefined && above.has(shape)) folded.push(line.replace(/ +# /, " # "));
      else kept.push(line.replace(/ +# /, " # "));
    }
    for (const shape of own) above.add(shape);
    if (folded.length > 0) {
      const digest = createHash("sha256").update(folded.join("\n")).digest("hex").slice(0, 12);
      kept.push(`  … ${folded.length} as above but for names and numbers: ${digest}`);
    }
    return kept.join("\n");
  });
  return held.join("\n\n");
}
