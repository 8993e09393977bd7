/** Checks that expect an answer on a way between two clusters that the lab's router does not have. */
import { ROUTER } from "../cluster/compile/router.ts";
import { clusterOf } from "../cluster/lab-clusters.ts";
import { staticRoutes } from "../targets/static-routes.ts";
import type { TargetIndex } from "../targets/select.ts";
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

/** The lab file has a route of its own to the target, where the packet comes along. */
function isRouted(topology: TargetIndex["topology"], { ns, node }: Target, { addresses }: Target): boolean {
  return Object.values(addresses).some((address) => staticRoutes(topology, [ns, node, ROUTER], address).length > 0);
}

export function warnOfUnrouted(check: Sending, { index }: ResolveContext, scope: Scope): void {
  const { from = [], to, expect } = check;
  const isExpected = !check.expectFailure && (expect?.outcome ?? "open") === "open";
  if (!isExpected || to?.kind !== "target") return;
  const { target } = to;
  const there = clusterOf(index, target);
  const sender = from.find((one) => clusterOf(index, one) !== there);
  if (there === undefined || sender === undefined) return;
  const own = clusterOf(index, sender);
  const taken = (Object.entries(target.addresses) as [Family, string][]).find(
    ([family, address]) => isWithin(address, own?.podCIDR[family]) || isWithin(address, own?.serviceCIDR[family]),
  );
  if (own !== undefined && taken !== undefined)
    scope.warn(
      `${sender.text} does not reach ${target.text}: ${taken[1]} is in a range of cluster ${own.name} itself`,
      "give the clusters ranges that do not overlap, or use a node port",
    );
  else if (
    own !== undefined &&
    there.flat !== true &&
    target.ns !== target.node &&
    !isRouted(index.topology, sender, target)
  )
    scope.warn(
      `${sender.text} does not reach ${target.text}: the lab's router has no route to the pods of cluster ${there.name}`,
      `set ${clusterPath(there.name)}.flat: true, or use a node port`,
    );
}
