/** A lab in Graphviz' DOT language: `k8snet-lab graph LAB.yaml --format dot | dot -Tpng`. */
import type { Lab } from "../lab/lab.ts";
import { boxLines, labGraph, machines, plainText } from "./graph.ts";
import type { Connection, NamespaceView } from "../resources/lab-view.ts";

/** Inside a quoted string; `\l` ends a line that is set to the left. */
function text(value: string): string {
  return plainText(value).replace(/["\\]/g, "\\$&");
}

export function graphDot(lab: Lab): string {
  const graph = labGraph(lab);
  const node = (box: NamespaceView): string =>
    `"${text(box.ns)}" [label="${text(box.title)}\\n${boxLines(box)
      .map((line) => `${text(line)}\\l`)
      .join("")}"];`;
  const lines = [
    `graph "${text(lab.name)}" {`,
    `  label="${text(graph.title)}"; labelloc=t; compound=true; fontname="sans-serif";`,
    '  node [shape=box, style="rounded,filled", fillcolor="#f6f8fa", fontname="monospace", fontsize=10];',
    '  edge [fontname="monospace", fontsize=8];',
  ];
  let group = 0;
  for (const [name, boxes] of machines(graph)) {
    if (boxes.length === 1) lines.push(...boxes.map((box) => `  ${node(box)}`));
    else
      lines.push(
        `  subgraph cluster_${group++} {`,
        `    label="${text(name)}";`,
        ...boxes.map((box) => `    ${node(box)}`),
        "  }",
      );
  }
  const edge = ([a, b]: Connection, style: string): string =>
    `  "${text(a.ns)}" -- "${text(b.ns)}" [taillabel="${text(a.device)}", headlabel="${text(b.device)}"${style}];`;
  lines.push(
    ...graph.cables.map((ends) => edge(ends, "")),
    ...graph.tunnels.map((ends) => edge(ends, ", style=dashed, constraint=false")),
    "}",
  );
  return `${lines.join("\n")}\n`;
}
