/** What is to be done again on a node whose link is back: when a device is set down, the kernel drops more than the link. */
import type { LiveState } from "../kube/workload/live-state.ts";
import type { Resource } from "../resources/resource.ts";

/** The device whose link is watched. */
const UPLINK = "eth0";

/** Routes over it and its neighbours; its IPv6 addresses (net.ipv6.conf.DEV.keep_addr_on_down, ip-sysctl.rst). */
function goesWithLink(resource: Resource): boolean {
  if (resource.kind === "route") return (resource.dev ?? UPLINK) === UPLINK;
  if (resource.kind === "neigh") return resource.dev === UPLINK;
  return resource.kind === "addr" && resource.dev === UPLINK && resource.family === "ipv6";
}

/** What is there of `before`, as far as one can count on it, when the live state goes from `old` to `live`. */
export function stillThere(before: readonly Resource[], old: LiveState, live: LiveState): readonly Resource[] {
  const back = new Set(old.nodesDown.filter((node) => !live.nodesDown.includes(node)));
  return back.size === 0 ? before : before.filter((one) => !(back.has(one.ns) && goesWithLink(one)));
}
