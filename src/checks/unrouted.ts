/** Checks that expect an answer on a way between two clusters that the lab's router does not have. */
import { ROUTER } from "../cluster/bgp/routers.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import { podsAreRouted } from "../cluster/cni/registry.ts";
import { clusterNamed, clusterOf } from "../cluster/lab-clusters.ts";
import { staticRoutes } from "../targets/static-routes.ts";
import type { TargetIndex } from "../targets/parse-target.ts";
import type { Check } from "../lab/check.ts";
import { parseAddress, parsePrefix, prefixContains } from "../net/address.ts";
import { clusterPath } from "../net/object-ref.ts";
import type { Family } from "../net/family.ts";
import type { Destination, Target } from "../net/target.ts";
import type { Scope } from "../syntax/scope.ts";
import type { ResolveContext } from "./resolve-context.ts";

/** What kinds that send to a destination have. */
type Sending = Check & { readonly to?: Destination; readonly expect?: { readonly outcome?: string } };

function isWithin(address: string, range: string | undefined): boolean {
  const [parsed, prefix] = [parseAddress(address), parsePrefix(range ?? "")];
  return parsed !== undefined && prefix !== undefined && prefixContains(prefix, parsed);
}

/** The lab file has a route of its own to the addresses, where the packet comes along. */
function isRouted(topology: TargetIndex["topology"], { ns, node }: Target, { addresses }: Place): boolean {
  return Object.values(addresses).some((address) => staticRoutes(topology, [ns, node, ROUTER], address).length > 0);
}

/** What is sent to, in a cluster. */
interface Place extends Pick<Target, "text" | "addresses"> {
  readonly cluster: ClusterModel;
  /** Why no other cluster reaches it, and what would help; undefined: they do. */
  readonly closed?: readonly [why: string, hint: string] | undefined;
}

function placeOf(index: TargetIndex, to: Destination | undefined): Place | undefined {
  if (to?.kind === "service") {
    const cluster = clusterNamed(index, to.cluster);
    const why = "a cluster IP means nothing outside of its cluster";
    return cluster && { ...to, cluster, closed: [why, "use a node port, or the address of a load balancer"] };
  }
  const cluster = to?.kind === "target" ? clusterOf(index, to.target) : undefined;
  if (to?.kind !== "target" || cluster === undefined) return undefined;
  if (podsAreRouted(cluster) || to.target.ns === to.target.node) return { ...to.target, cluster };
  const why = `the lab's router has no route to the pods of cluster ${cluster.name}`;
  return { ...to.target, cluster, closed: [why, `set ${clusterPath(cluster.name)}.flat: true, or use a node port`] };
}

export function warnOfUnrouted(check: Sending, { index }: ResolveContext, scope: Scope): void {
  const { from = [], to, expect } = check;
  const isExpected = !check.expectFailure && (expect?.outcome ?? "open") === "open";
  const place = isExpected ? placeOf(index, to) : undefined;
  const sender = from.find((one) => clusterOf(index, one) !== place?.cluster);
  const own = sender === undefined ? undefined : clusterOf(index, sender);
  if (place === undefined || sender === undefined || own === undefined) return;
  const taken = (Object.entries(place.addresses) as [Family, string][]).find(
    ([family, address]) => isWithin(address, own.podCIDR[family]) || isWithin(address, own.serviceCIDR[family]),
  );
  const failure = `${sender.text} does not reach ${place.text}`;
  if (taken !== undefined)
    scope.warn(
      `${failure}: ${taken[1]} is in a range of cluster ${own.name} itself`,
      "give the clusters ranges that do not overlap, or use a node port",
    );
  else if (place.closed !== undefined && !isRouted(index.topology, sender, place))
    scope.warn(`${failure}: ${place.closed[0]}`, place.closed[1]);
}
