/** Which sysctls are read back, by namespace: those that the lab sets or has set, and with `untouched` those of all namespaces. */
import type { Resource } from "../resource.ts";
import { NAMESPACE_SYSCTLS } from "./untouched.ts";

export function sysctlWants(resources: readonly Resource[], untouched = false): Record<string, string[]> {
  const wants: Record<string, Set<string>> = {};
  for (const resource of resources) {
    if (resource.kind === "sysctl") (wants[resource.ns] ??= new Set()).add(resource.key);
    if (resource.kind === "netns" && untouched)
      for (const key of NAMESPACE_SYSCTLS) (wants[resource.ns] ??= new Set()).add(key);
  }
  return Object.fromEntries(Object.entries(wants).map(([ns, keys]) => [ns, [...keys]]));
}
