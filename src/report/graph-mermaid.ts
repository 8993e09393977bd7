/** A lab as a Mermaid flowchart, as GitHub and GitLab draw it from a fenced block. */
import type { Lab } from "../lab/lab.ts";
import { boxLines, labGraph, machines, plainText } from "./graph.ts";
import type { Connection, NamespaceView } from "../resources/lab-view.ts";

/** Mermaid's own escapes (`#quot;`) inside a quoted label. */
function label(text: string): string {
  return plainText(text).replace(/[#"<>&`\\]/g, (char) => `#${char.charCodeAt(0)};`);
}

export function graphMermaid(lab: Lab): string {
  const graph = labGraph(lab);
  const ids = new Map(graph.namespaces.map((box, index) => [box.ns, `n${index}`]));
  const id = (ns: string): string => ids.get(ns) ?? "";
  const node = (box: NamespaceView): string =>
    `${id(box.ns)}["${[`<b>${label(box.title)}</b>`, ...boxLines(box).map(label)].join("<br/>")}"]:::${box.role}`;
  const lines = ["---", `title: ${JSON.stringify(plainText(graph.title))}`, "---", "flowchart TB"];
  let group = 0;
  for (const [name, boxes] of machines(graph)) {
    if (boxes.length === 1) lines.push(...boxes.map((box) => `  ${node(box)}`));
    else lines.push(`  subgraph g${group++}["${label(name)}"]`, ...boxes.map((box) => `    ${node(box)}`), "  end");
  }
  const edge = (line: string, [a, b]: Connection): string =>
    `  ${id(a.ns)} ${line}|"${label(a.device)} · ${label(b.device)}"| ${id(b.ns)}`;
  lines.push(...graph.cables.map((ends) => edge("---", ends)), ...graph.tunnels.map((ends) => edge("-.-", ends)));
  lines.push(
    "  classDef pod fill:#e8f1fd,stroke:#326ce5,color:#1a1a1a",
    "  classDef node fill:#eef7ee,stroke:#3c8c3c,color:#1a1a1a",
    "  classDef switch fill:#f6f6f6,stroke:#777,color:#1a1a1a",
    "  classDef router fill:#fdf3e3,stroke:#c77d11,color:#1a1a1a",
    "  classDef internet fill:#f7eafa,stroke:#8a3ea8,color:#1a1a1a",
    "  classDef host fill:#eef7ee,stroke:#3c8c3c,color:#1a1a1a",
  );
  return `${lines.join("\n")}\n`;
}
