/** Reading back is asked for exactly those sysctls that the lab sets or has set: keys by namespace. */
import type { Resource } from "../resource.ts";

export function sysctlWants(resources: readonly Resource[]): Record<string, string[]> {
  const wants: Record<string, Set<string>> = {};
  for (const resource of resources)
    if (resource.kind === "sysctl") (wants[resource.ns] ??= new Set()).add(resource.key);
  return Object.fromEntries(Object.entries(wants).map(([ns, keys]) => [ns, [...keys]]));
}
