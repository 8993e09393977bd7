/** On which of several Docker engines each node of a lab is: as the lab names it, the rest spread evenly, in order. */
import type { SourceRef } from "../cause.ts";

export interface EngineSpec {
  /** For messages; unique in a lab. */
  readonly name: string;
  /** Docker context, or endpoint (`ssh://USER@HOST`). */
  readonly context: string;
  /** Cluster nodes that are requested there. */
  readonly nodes: readonly string[];
  /** At which the other engines' machines reach this one; absent: to be detected. */
  readonly address?: string | undefined;
  /** Absent: from the command line. */
  readonly source?: SourceRef | undefined;
}

/** Engine name by node. A node that no engine names goes to the engine with the fewest nodes, the first of them. */
export function placeNodes(engines: readonly EngineSpec[], nodes: readonly string[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const counts = new Map(engines.map(({ name }) => [name, 0]));
  const put = (node: string, engine: string): void => {
    places.set(node, engine);
    counts.set(engine, (counts.get(engine) ?? 0) + 1);
  };
  for (const engine of engines)
    for (const node of engine.nodes) if (nodes.includes(node) && !places.has(node)) put(node, engine.name);
  for (const node of nodes) {
    if (places.has(node)) continue;
    const [least] = [...counts].toSorted(([, a], [, b]) => a - b);
    if (least !== undefined) put(node, least[0]);
  }
  return places;
}

/** What the command line names instead of the lab file's engines: an engine of both keeps its nodes and its address. */
export function chooseEngines(asked: readonly string[], engines: readonly EngineSpec[] = []): readonly EngineSpec[] {
  return [...new Set(asked)].map((text) => {
    const known = engines.find(({ name, context }) => name === text || context === text);
    return known ?? { name: text, context: text, nodes: [] };
  });
}
