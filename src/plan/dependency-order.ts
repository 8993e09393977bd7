/** Puts resources into an order in which everything comes after what it needs; by kind where nothing else decides. */
import type { Dependencies } from "../resources/kind.ts";
import { KIND_ORDER, definitionOf } from "../resources/definitions.ts";
import { ResourceIndex } from "../resources/resource-index.ts";
import type { Resource } from "../resources/resource.ts";

export interface Ordered {
  readonly resource: Resource;
  readonly dependencies: Dependencies;
}

/** Linear in resources and dependencies. A cycle (a VXLAN over itself) is cut where it closes. */
export function dependencyOrder(resources: readonly Resource[]): readonly Ordered[] {
  const index = new ResourceIndex(resources);
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const byKind = new Map(KIND_ORDER.map((kind): [string, Resource[]] => [kind, []]));
  for (const resource of resources) byKind.get(resource.kind)?.push(resource);
  const ordered: Ordered[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (resource: Resource): void => {
    if (state.has(resource.id)) return;
    state.set(resource.id, "open");
    const all = definitionOf(resource).plan.dependencies(resource, index);
    const cyclic = new Set<string>();
    for (const id of all.needs) {
      if (state.get(id) === "done") continue;
      const needed = byId.get(id);
      if (needed === undefined) continue;
      visit(needed);
      if (state.get(id) === "open") cyclic.add(id);
    }
    state.set(resource.id, "done");
    const dependencies = cyclic.size === 0 ? all : { ...all, needs: all.needs.filter((id) => !cyclic.has(id)) };
    ordered.push({ resource, dependencies });
  };
  for (const list of byKind.values()) for (const resource of list) visit(resource);
  return ordered;
}
