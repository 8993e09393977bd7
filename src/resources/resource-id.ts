/** Resource ids: `KIND:NS:KEY…`, unique within a lab and the same from one run to the next. */
import { definitionOf } from "./definitions.ts";
import type { Resource, ResourceKind, ResourceOf } from "./resource.ts";

/** `addr:node1:eth0:192.168.50.11/24`; a namespace itself has no key: `netns:node1`. */
export function resourceId(kind: ResourceKind, ns: string, ...key: readonly (string | number)[]): string {
  return [kind, ns, ...key].join(":");
}

/** A resource without its id. */
export type Unnamed<K extends ResourceKind> = { readonly kind: K } & Omit<ResourceOf<K>, "id" | "kind">;

/** With its id. */
export function identified<K extends ResourceKind>(resource: Unnamed<K>): ResourceOf<K> {
  const key = definitionOf(resource).key(resource as unknown as Resource);
  return { id: resourceId(resource.kind, resource.ns, ...key), ...resource } as unknown as ResourceOf<K>;
}
