/** A lab as an SVG picture that needs nothing else: boxes with devices and addresses, cables and tunnels between them. */
import type { Lab } from "../lab/lab.ts";
import type { NetnsResource } from "../resources/netns/definition.ts";
import type { Connection } from "../resources/lab-view.ts";
import { labGraph, plainText } from "./graph.ts";
import { layoutGraph, LINE_HEIGHT, type Placed } from "./graph-layout.ts";

const MARGIN = 24;
const TITLE_HEIGHT = 30;
const COLORS = {
  pod: ["#e8f1fd", "#326ce5"],
  node: ["#eef7ee", "#3c8c3c"],
  host: ["#eef7ee", "#3c8c3c"],
  switch: ["#f6f6f6", "#777777"],
  router: ["#fdf3e3", "#c77d11"],
  internet: ["#f7eafa", "#8a3ea8"],
} as const satisfies Record<NetnsResource["role"], readonly [fill: string, stroke: string]>;

/** Text of an element or attribute. */
export function xml(text: string): string {
  return plainText(text).replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function drawBox({ box, lines, x, y, width, height }: Placed): readonly string[] {
  const [fill, stroke] = COLORS[box.role];
  const text = (line: string, row: number, style: string): string =>
    `    <text x="${number(x + 10)}" y="${number(y + 10 + row * LINE_HEIGHT + 12)}"${style}>${xml(line)}</text>`;
  return [
    `  <g id="${xml(box.ns)}">`,
    `    <rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" rx="6" fill="${fill}" stroke="${stroke}"/>`,
    text(box.title, 0, ' font-weight="bold"'),
    ...lines.map((line, index) => text(line, index + 1, "")),
    "  </g>",
  ];
}

/** From the lower edge of the upper box to the upper edge of the lower one; side by side from edge to edge. */
function ends(a: Placed, b: Placed): readonly [number, number, number, number] {
  const [up, down] = a.y <= b.y ? [a, b] : [b, a];
  if (up.y + up.height <= down.y) return [up.x + up.width / 2, up.y + up.height, down.x + down.width / 2, down.y];
  const [left, right] = a.x <= b.x ? [a, b] : [b, a];
  return [left.x + left.width, left.y + left.height / 2, right.x, right.y + right.height / 2];
}

export function graphSvg(lab: Lab): string {
  const graph = labGraph(lab);
  const layout = layoutGraph(graph, MARGIN);
  const line = (pair: Connection, dashed: boolean): readonly string[] => {
    const a = layout.boxes.get(pair[0].ns);
    const b = layout.boxes.get(pair[1].ns);
    if (a === undefined || b === undefined || a === b) return [];
    const title = `<title>${xml(`${pair[0].ns} ${pair[0].device} – ${pair[1].ns} ${pair[1].device}`)}</title>`;
    const [x1, y1, x2, y2] = ends(a, b);
    if (!dashed) {
      const middle = (y1 + y2) / 2;
      const path =
        y1 === y2 || x1 === x2
          ? `M${number(x1)},${number(y1)} L${number(x2)},${number(y2)}`
          : `M${number(x1)},${number(y1)} C${number(x1)},${number(middle)} ${number(x2)},${number(middle)} ${number(x2)},${number(y2)}`;
      return [`  <path d="${path}" fill="none" stroke="#555555">${title}</path>`];
    }
    const sag = (y1 + y2) / 2 + 18;
    return [
      `  <path d="M${number(x1)},${number(y1)} Q${number((x1 + x2) / 2)},${number(sag)} ${number(x2)},${number(y2)}" fill="none" stroke="#c77d11" stroke-dasharray="5 4">${title}</path>`,
    ];
  };
  const width = Math.max(layout.width, 2 * MARGIN + graph.title.length * 9);
  const height = layout.height + TITLE_HEIGHT;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" viewBox="0 0 ${number(width)} ${number(height)}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12" fill="#1a1a1a">`,
    `  <title>${xml(graph.title)}</title>`,
    `  <rect width="100%" height="100%" fill="#ffffff"/>`,
    `  <text x="${MARGIN}" y="${MARGIN + 4}" font-size="15" font-weight="bold">${xml(graph.title)}</text>`,
    `  <g transform="translate(0 ${TITLE_HEIGHT - 10})">`,
    ...graph.cables.flatMap((pair) => line(pair, false)),
    ...graph.tunnels.flatMap((pair) => line(pair, true)),
    ...[...layout.boxes.values()].flatMap(drawBox),
    "  </g>",
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}
