/** Resource ids: `KIND:NS:KEY…`, unique within a lab and the same from one run to the next. */
import type { ResourceKind } from "./resource.ts";

/** `addr:node1:eth0:192.168.50.11/24`; a namespace itself has no key: `netns:node1`. */
export function resourceId(kind: ResourceKind, ns: string, ...key: readonly (string | number)[]): string {
  return [kind, ns, ...key].join(":");
}
