/** A packet's story as one HTML page that needs nothing else: the picture of its way, and every hop in a table. */
import { formatNamespace } from "../net/place.ts";
import type { Hop, PacketStory } from "../story/packet-story.ts";
import { xml } from "./graph-svg.ts";
import { storySvg } from "./story-svg.ts";

const STYLE =
  "body{font:14px system-ui,sans-serif;margin:2em;color:#1a1a1a;background:#fff}td,th{padding:.3em .8em;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}td{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px}.bad td{background:#fdeaea}.why{color:#666}.wrong{color:#c22f2f}svg{max-width:100%;height:auto}";

function row(hop: Hop, number: number): string {
  const { way, ns, at, what, packet, ms, why, cause, differs = [], lost } = hop;
  const notes = [
    ...(why === undefined || why === "" ? [] : [`<div class="why">${xml(why)}</div>`]),
    ...(cause === undefined ? [] : [`<div class="why">${xml(cause)}</div>`]),
    ...differs.map((text) => `<div class="wrong">✘ differs from the lab: ${xml(text)}</div>`),
    ...(lost === true ? ['<div class="wrong">✘ lost: nothing was seen of it after this</div>'] : []),
  ];
  const cells = [String(number), way, formatNamespace(ns), at].map((text) => `<td>${xml(text)}</td>`).join("");
  const bad = differs.length > 0 || lost === true ? ' class="bad"' : "";
  return `<tr${bad}>${cells}<td>${xml(what)}${notes.join("")}</td><td>${xml(packet ?? "")}</td><td>${ms?.toFixed(2) ?? ""}</td></tr>`;
}

export function storyHtml(story: PacketStory): string {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${xml(story.title)}</title><style>${STYLE}</style></head>
<body>
${storySvg(story)}
<table>
<tr><th>#</th><th>way</th><th>place</th><th>device</th><th>what happens</th><th>addresses</th><th>ms</th></tr>
${story.hops.map((hop, i) => row(hop, i + 1)).join("\n")}
</table>
</body>
</html>
`;
}
