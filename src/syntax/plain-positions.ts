/** The position in a file of a path of a plainly written document, like positions.ts. */
import type { Locate, Path } from "./path.ts";
import type { TextLines } from "./text-lines.ts";
import type { PlainDocument, PlainNode } from "./plain-node.ts";

/** A map with fewer entries is searched, a larger one gets an index. */
const SMALL = 8;

function placeIn(node: PlainNode, element: string | number, indices: Map<PlainNode, Map<string, number>>): number {
  const { keys } = node;
  if (keys === undefined) return Number(element) in node.valueAt ? Number(element) : -1;
  if (keys.length <= SMALL) return keys.indexOf(String(element));
  let index = indices.get(node);
  if (index === undefined) indices.set(node, (index = new Map(keys.map((key, place) => [key, place]))));
  return index.get(String(element)) ?? -1;
}

/** Makes the position lookup of one document. Unknown path elements give the nearest enclosing position. */
export function plainLocator(file: string, lines: TextLines, { root, start }: PlainDocument): Locate {
  const indices = new Map<PlainNode, Map<string, number>>();
  const offset = (path: Path, part: "key" | "value"): number => {
    let node: PlainNode | undefined = root;
    let at = start;
    for (const [step, element] of path.entries()) {
      const place: number = node === undefined ? -1 : placeIn(node, element, indices);
      if (node === undefined || place < 0) break;
      const ofKey = part === "key" && step === path.length - 1 && node.keys !== undefined;
      at = (ofKey ? node.keyAt[place] : node.valueAt[place]) ?? at;
      node = node.children[place];
    }
    return at;
  };
  return (path, part = "key") => lines.source(file, offset(path, part));
}
