import { describe, expect, it } from "vitest";
import { graphDot } from "../../../src/report/graph-dot.ts";
import { layoutGraph } from "../../../src/report/graph-layout.ts";
import { graphMermaid } from "../../../src/report/graph-mermaid.ts";
import { graphSvg } from "../../../src/report/graph-svg.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { boxLines, labGraph } from "../../../src/report/graph.ts";
import { clusterFixture, labFixture } from "../cluster/cluster-fixture.ts";
import { rawTopology } from "../fabric/raw-fixture.ts";

const LABS = {
  overlay: labFixture("x", clusterFixture()),
  crowded: labFixture("x", clusterFixture({ podsPerNode: 70, switches: [0, 0, 1] })),
  raw: labFixture("x", undefined, rawTopology()),
};

describe("the layout", () => {
  it.each(Object.entries(LABS))("%s: all boxes are on the picture and none covers another", (_name, lab) => {
    const graph = labGraph(lab);
    const { boxes, width, height } = layoutGraph(graph, 20);
    expect(boxes.size).toBe(graph.namespaces.length);
    const placed = [...boxes.values()];
    for (const a of placed) {
      expect(a.x >= 20 && a.y >= 20 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
      const covered = placed.filter(
        (b) => b !== a && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      );
      expect(covered.map(({ box }) => box.ns)).toEqual([]);
    }
  });

  it("goes from the internet down to the pods", () => {
    const { boxes } = layoutGraph(labGraph(LABS.overlay), 0);
    const tops = ["internet", "router", "underlay", "node1", "default/web-0-0"].map((ns) => boxes.get(ns)?.y ?? -1);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(new Set(tops).size).toBe(5);
  });
});

describe("the graph", () => {
  it("shows cables, and tunnels between VXLAN devices", () => {
    const graph = labGraph(LABS.overlay);
    expect(graph.cables).toHaveLength(3 + 2 + 3);
    expect(graph.tunnels.map(([a, b]) => `${a.ns}-${b.ns}`)).toEqual(["node1-node2", "node1-node3", "node2-node3"]);
  });

  it.each([
    ["mermaid", graphMermaid],
    ["dot", graphDot],
    ["svg", graphSvg],
  ] as const)("%s: a title cannot break out", (_name, draw) => {
    const text = draw({ ...LABS.raw, title: 'a"]\n<script>alert(1)</script>\u0000' });
    expect(text).not.toMatch(/^<script>/m);
    expect(text).not.toContain("\u0000");
    if (draw === graphSvg) expect(text).not.toContain("<script>");
  });

  it("takes devices together that have the gateway's address for a pod each", () => {
    const pod = (name: string) =>
      `{ apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: { containers: [{ name: c }] } }`;
    const cluster = "{ nodes: [node1], dns: false, cni: { plugin: kindnet } }";
    const head = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: ${cluster} } }`;
    const { lab } = loadLabText([head, pod("a"), pod("b")].join("\n---\n"), "lab.yaml");
    const node = labGraph(lab).namespaces.find(({ ns }) => ns === "node1");
    expect(node === undefined ? [] : boxLines(node)).toEqual(["eth0 192.168.50.11/24", "2 veths, each 10.244.0.1/32"]);
  });

  it("names pods as targets and has their addresses", () => {
    for (const draw of [graphMermaid, graphDot, graphSvg]) {
      expect(draw(LABS.overlay)).toContain("pod/web-0-0");
      expect(draw(LABS.overlay)).toContain("10.244.0.2/24");
    }
  });
});
