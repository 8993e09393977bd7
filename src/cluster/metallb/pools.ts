/** Which pools a Service may have addresses of (metallb 7938d3f8, internal/allocator/allocator.go, internal/config/config.go). */
import { matches } from "../../kube/label-selector.ts";
import type { AddressPoolModel } from "../../kube/metallb/metallb-objects.ts";
import { prefixesOf } from "../../kube/metallb/metallb-objects.ts";
import type { NamespaceModel } from "../../kube/namespace/namespace-model.ts";
import { prefixContains } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { modelPrefix } from "../../net/families.ts";
import { perObject } from "../../memo.ts";

type Labels = Readonly<Record<string, string>>;

/** What a pool asks of a Service. */
export interface PooledService {
  readonly namespace: string;
  readonly labels: Labels;
}

export const rangesOf = perObject((pool: AddressPoolModel) => prefixesOf(pool).map(modelPrefix));

/** `.0` and `.255`, which some old devices take for broadcasts. */
export const confusesFirmware = ({ family, value }: Address): boolean =>
  family === "ipv4" && ((value & 255n) === 0n || (value & 255n) === 255n);

/** The first pool that has all of these addresses; as in MetalLB, one that avoids an address does not have it. */
export function poolFor(
  pools: readonly AddressPoolModel[],
  addresses: readonly Address[],
): AddressPoolModel | undefined {
  const has = (pool: AddressPoolModel, one: Address): boolean =>
    !(pool.avoidBuggyIPs && confusesFirmware(one)) && rangesOf(pool).some((range) => prefixContains(range, one));
  return pools.find((pool) => addresses.every((one) => has(pool, one)));
}

/** The namespaces of a pool for some only. */
function namespacesOf({ allocation }: AddressPoolModel, namespaces: readonly NamespaceModel[]): ReadonlySet<string> {
  if (allocation === undefined) return new Set();
  const selected = namespaces.filter(({ labels }) =>
    allocation.namespaceSelectors.some((selector) => matches(selector, labels)),
  );
  return new Set([...allocation.namespaces, ...selected.map(({ name }) => name)]);
}

/** serviceAllocation without any condition is for all Services. */
const isForAll = ({ allocation }: AddressPoolModel): boolean =>
  allocation !== undefined &&
  allocation.namespaces.length + allocation.namespaceSelectors.length + allocation.serviceSelectors.length === 0;

/** The Service's namespace and labels are what the pool is for. */
export function isCompatible(
  pool: AddressPoolModel,
  service: PooledService,
  namespaces: readonly NamespaceModel[],
): boolean {
  const { allocation } = pool;
  if (allocation === undefined) return true;
  const names = namespacesOf(pool, namespaces);
  if (names.size > 0 && !names.has(service.namespace)) return false;
  if (allocation.serviceSelectors.length === 0) return true;
  return allocation.serviceSelectors.some((selector) => matches(selector, service.labels));
}

/** Pools for this Service in particular, those of the highest priority first: 1, 2, …, and those without one (0) last. */
export function pinnedPools(
  pools: readonly AddressPoolModel[],
  service: PooledService,
  namespaces: readonly NamespaceModel[],
): readonly AddressPoolModel[] {
  const rank = ({ allocation }: AddressPoolModel): number => {
    const priority = allocation?.priority ?? 0;
    return priority > 0 ? priority : Number.POSITIVE_INFINITY;
  };
  const pinned = (pool: AddressPoolModel): boolean =>
    namespacesOf(pool, namespaces).has(service.namespace) ||
    isForAll(pool) ||
    (pool.allocation?.serviceSelectors.length ?? 0) > 0;
  return pools
    .filter((pool) => pool.autoAssign && pinned(pool) && isCompatible(pool, service, namespaces))
    .toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

/** Pools that any Service may have addresses of. */
export const commonPools = (pools: readonly AddressPoolModel[]): readonly AddressPoolModel[] =>
  pools.filter(({ autoAssign, allocation }) => autoAssign && allocation === undefined);
