/**
 * Where the boxes of a picture go: a tree along the cables, from the outside world (or the busiest namespace) downwards;
 * many leaves of one parent stand in a grid. Lengths are in pixels.
 */
import { boxLines, type Graph } from "./graph.ts";
import type { NamespaceView } from "../resources/lab-view.ts";

export const LINE_HEIGHT = 16;
/** Width of a monospace character at 12 px. */
const CHAR = 7.3;
const PADDING = 10;
const GAP_X = 28;
const GAP_Y = 56;
const GRID_GAP = 14;
const MAX_IN_ROW = 4;

export interface Placed {
  readonly box: NamespaceView;
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly boxes: ReadonlyMap<string, Placed>;
  readonly width: number;
  readonly height: number;
}

interface TreeNode {
  readonly box: NamespaceView;
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly children: TreeNode[];
}

const ROOT_ROLES = ["internet", "router", "switch"] as const;

function neighbours(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>(graph.namespaces.map((box) => [box.ns, []]));
  for (const [a, b] of graph.cables) {
    if (a.ns === b.ns) continue;
    map.get(a.ns)?.push(b.ns);
    map.get(b.ns)?.push(a.ns);
  }
  return map;
}

/** The next tree's root: the outermost role, an end of a chain, else the namespace with most cables. */
function chooseRoot(
  rest: readonly NamespaceView[],
  links: ReadonlyMap<string, readonly string[]>,
): NamespaceView | undefined {
  for (const role of ROOT_ROLES) {
    const found = rest.find((box) => box.role === role);
    if (found !== undefined) return found;
  }
  const degree = (box: NamespaceView): number => links.get(box.ns)?.length ?? 0;
  const most = rest.reduce((max, box) => Math.max(max, degree(box)), 0);
  return most <= 2 ? (rest.find((box) => degree(box) <= 1) ?? rest[0]) : rest.find((box) => degree(box) === most);
}

function buildTrees(graph: Graph): readonly TreeNode[] {
  const links = neighbours(graph);
  const byNs = new Map(graph.namespaces.map((box) => [box.ns, box]));
  const seen = new Set<string>();
  const make = (box: NamespaceView): TreeNode => {
    const lines = boxLines(box);
    const chars = [box.title, ...lines].reduce((max, line) => Math.max(max, line.length), 0);
    return {
      box,
      lines,
      width: Math.ceil(chars * CHAR) + 2 * PADDING,
      height: (lines.length + 1) * LINE_HEIGHT + 2 * PADDING,
      children: [],
    };
  };
  const trees: TreeNode[] = [];
  for (;;) {
    const root = chooseRoot(
      graph.namespaces.filter((box) => !seen.has(box.ns)),
      links,
    );
    if (root === undefined) return trees;
    seen.add(root.ns);
    const tree = make(root);
    trees.push(tree);
    const queue = [tree];
    for (let node = queue.shift(); node !== undefined; node = queue.shift())
      for (const ns of links.get(node.box.ns) ?? []) {
        const box = byNs.get(ns);
        if (box === undefined || seen.has(ns)) continue;
        seen.add(ns);
        const child = make(box);
        node.children.push(child);
        queue.push(child);
      }
  }
}

/** Children side by side; leaves, when there are many, in rows. */
function rows(node: TreeNode): readonly (readonly TreeNode[])[] {
  const leaves = node.children.filter((child) => child.children.length === 0);
  const inner = node.children.filter((child) => child.children.length > 0);
  if (leaves.length <= MAX_IN_ROW) return node.children.length === 0 ? [] : [node.children];
  const columns = Math.max(MAX_IN_ROW, Math.ceil(Math.sqrt(leaves.length)));
  const grid: TreeNode[][] = [];
  for (let at = 0; at < leaves.length; at += columns) grid.push(leaves.slice(at, at + columns));
  return inner.length === 0 ? grid : [...grid, inner];
}

function subtreeWidth(node: TreeNode): number {
  return rows(node).reduce((max, row) => Math.max(max, rowWidth(row)), node.width);
}

function rowWidth(row: readonly TreeNode[]): number {
  return row.reduce((sum, child) => sum + subtreeWidth(child), 0) + GAP_X * (row.length - 1);
}

/** Places a subtree with its left upper corner at x, y; gives the y below it. */
function place(node: TreeNode, x: number, y: number, out: Map<string, Placed>): number {
  const width = subtreeWidth(node);
  out.set(node.box.ns, {
    box: node.box,
    lines: node.lines,
    x: x + (width - node.width) / 2,
    y,
    width: node.width,
    height: node.height,
  });
  let top = y + node.height;
  rows(node).forEach((row, index) => {
    const rowTop = top + (index === 0 ? GAP_Y : GRID_GAP);
    let left = x + (width - rowWidth(row)) / 2;
    let bottom = rowTop;
    for (const child of row) {
      bottom = Math.max(bottom, place(child, left, rowTop, out));
      left += subtreeWidth(child) + GAP_X;
    }
    top = bottom;
  });
  return top;
}

export function layoutGraph(graph: Graph, margin: number): Layout {
  const boxes = new Map<string, Placed>();
  let left = margin;
  let bottom = margin;
  for (const tree of buildTrees(graph)) {
    bottom = Math.max(bottom, place(tree, left, margin, boxes));
    left += subtreeWidth(tree) + GAP_X;
  }
  return { boxes, width: Math.max(left - GAP_X, margin) + margin, height: bottom + margin };
}
