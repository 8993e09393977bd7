/** A packet's way as an SVG picture that needs nothing else: a box for each step, row by row, green, or red where it went wrong. */
import { formatNamespace } from "../net/place.ts";
import type { PacketStory } from "../story/packet-story.ts";
import { pictureOf } from "../story/picture.ts";
import { xml } from "./graph-svg.ts";
import { verdictLines } from "./story-lines.ts";

const MARGIN = 24;
const BOX = { width: 150, height: 58, gap: 34, below: 26 } as const;
const COLUMNS = 6;
const LINE = 18;
/** Characters that fit into a box. */
const FITS = 18;
const COLORS = {
  ok: ["#eef7ee", "#3c8c3c", "✔"],
  differs: ["#fdeaea", "#c22f2f", "✘ differs"],
  lost: ["#fdeaea", "#c22f2f", "✘ lost"],
} as const;

function short(text: string): string {
  return xml(text.length > FITS ? `${text.slice(0, FITS - 1)}…` : text);
}

export function storySvg(story: PacketStory): string {
  const steps = pictureOf(story);
  const rows = Math.max(1, Math.ceil(steps.length / COLUMNS));
  const verdict = verdictLines(story).map(({ label, text }) => `${label.padEnd(17)} ${text}`);
  const top = MARGIN + 30;
  const end = top + rows * (BOX.height + BOX.below);
  const columns = Math.min(COLUMNS, Math.max(steps.length, 1));
  const longest = Math.max(story.title.length * 9, ...verdict.map((text) => text.length * 7.5));
  const width = Math.ceil(2 * MARGIN + Math.max(columns * (BOX.width + BOX.gap) - BOX.gap, longest));
  const height = end + verdict.length * LINE + MARGIN;
  const drawn = steps.flatMap(({ label, ns, hops, mark }, i) => {
    const [fill, stroke, word] = COLORS[mark];
    const x = MARGIN + (i % COLUMNS) * (BOX.width + BOX.gap);
    const y = top + Math.floor(i / COLUMNS) * (BOX.height + BOX.below);
    const arrow = i % COLUMNS === 0 ? [] : [`  <text x="${x - BOX.gap + 9}" y="${y + 33}">─▶</text>`];
    return [
      ...arrow,
      `  <g><title>${xml(`${formatNamespace(ns)}, hop ${hops.join(", ")}`)}</title>`,
      `    <rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="${fill}" stroke="${stroke}"/>`,
      `    <text x="${x + 8}" y="${y + 17}" fill="#555555">${short(formatNamespace(ns))}</text>`,
      `    <text x="${x + 8}" y="${y + 33}" font-weight="bold">${short(label)}</text>`,
      `    <text x="${x + 8}" y="${y + 49}" fill="${stroke}">${word}</text>`,
      "  </g>",
    ];
  });
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12" fill="#1a1a1a">`,
    `  <title>${xml(story.title)}</title>`,
    `  <rect width="100%" height="100%" fill="#ffffff"/>`,
    `  <text x="${MARGIN}" y="${MARGIN + 8}" font-size="15" font-weight="bold">${xml(story.title)}</text>`,
    ...drawn,
    ...verdict.map((text, i) => `  <text x="${MARGIN}" y="${end + (i + 1) * LINE - 4}" xml:space="preserve">${xml(text)}</text>`), // prettier-ignore
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}
