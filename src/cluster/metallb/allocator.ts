/**
 * MetalLB's controller: which addresses a Service gets, and which Services share one (metallb 7938d3f8,
 * internal/allocator/allocator.go, controller/service.go). Where MetalLB takes any of several pools, this takes the first.
 */
import type { AddressPoolModel } from "../../kube/metallb/metallb-objects.ts";
import type { NamespaceModel } from "../../kube/namespace/namespace-model.ts";
import { addressAt, formatAddress, prefixSize } from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";
import type { Family } from "../../net/family.ts";
import { FAMILY_NAMES } from "../../net/families.ts";
import { commonPools, confusesFirmware, isCompatible, pinnedPools, poolFor, rangesOf } from "./pools.ts";
import type { PooledService } from "./pools.ts";

/** What decides about a Service's addresses. */
export interface AllocatedService extends PooledService {
  /** `default/web` */
  readonly who: string;
  /** Those of its cluster IPs. */
  readonly families: readonly Family[];
  /** ipFamilyPolicy: PreferDualStack. */
  readonly prefersBoth: boolean;
  /** IPv6 is its first family. */
  readonly isIpv6First: boolean;
  /** `TCP/80` */
  readonly ports: readonly string[];
  readonly sharing: string;
  /** Services that share an address must have the same one. */
  readonly backend: string;
}

interface Key {
  readonly sharing: string;
  readonly backend: string;
}

interface User {
  readonly who: string;
  readonly ports: readonly string[];
  readonly key: Key;
}

export interface Allocated {
  readonly pool: AddressPoolModel;
  readonly addresses: readonly Address[];
}

/** In MetalLB's words. */
export class AllocationError extends Error {}

/** As Go prints a list of them. */
export const quoted = (addresses: readonly Address[]): string =>
  `[${addresses.map((one) => `"${formatAddress(one)}"`).join(" ")}]`;

function sharingProblem(existing: Key, wanted: Key): boolean {
  return existing.sharing === "" || existing.sharing !== wanted.sharing || existing.backend !== wanted.backend;
}

type PerFamilyAddress = { readonly [F in Family]?: Address };

const isBoth = ({ ipv4, ipv6 }: PerFamilyAddress): boolean => ipv4 !== undefined && ipv6 !== undefined;

export class Allocator {
  readonly #pools: readonly AddressPoolModel[];
  readonly #namespaces: readonly NamespaceModel[];
  /** By address. */
  readonly #users = new Map<string, User[]>();

  constructor(pools: readonly AddressPoolModel[], namespaces: readonly NamespaceModel[]) {
    this.#pools = pools;
    this.#namespaces = namespaces;
  }

  /** These very addresses. Throws AllocationError. */
  assign(service: AllocatedService, addresses: readonly Address[], poolName = ""): Allocated {
    const pool = poolFor(this.#pools, addresses);
    if (pool === undefined) throw new AllocationError(`${quoted(addresses)} is not allowed in config`);
    if (!isCompatible(pool, service, this.#namespaces))
      throw new AllocationError(`pool ${pool.name} not compatible for ip assignment`);
    const [first, second, third] = addresses;
    if (third !== undefined) throw new AllocationError(`more than two addresses ${quoted(addresses)}`);
    if (first !== undefined && first.family === second?.family)
      throw new AllocationError(`"${formatAddress(first)}" "${formatAddress(second)}" has the same family`);
    for (const address of addresses) {
      const problem = this.#problem(service, address);
      if (problem !== undefined) throw new AllocationError(problem);
    }
    if (poolName !== "" && pool.name !== poolName)
      throw new AllocationError(
        `requested loadBalancer IP(s) ${quoted(addresses)} is not compatible with requested address pool ${poolName}`,
      );
    this.#take(service, addresses);
    return { pool, addresses };
  }

  /** From the pool that the Service names. Throws AllocationError. */
  fromPool(service: AllocatedService, name: string): Allocated {
    const pool = this.#pools.find((one) => one.name === name);
    if (pool === undefined) throw new AllocationError(`unknown pool ${JSON.stringify(name)}`);
    return this.assign(service, this.#select(pool, this.#free(pool, service), service));
  }

  /** From pools for the Service, then from those for all. Throws AllocationError. */
  allocate(service: AllocatedService): Allocated {
    for (const pools of [pinnedPools(this.#pools, service, this.#namespaces), commonPools(this.#pools)]) {
      const found = this.#best(pools, service);
      if (found !== undefined) return this.assign(service, this.#select(found.pool, found.free, service));
    }
    throw new AllocationError("no available IPs");
  }

  /** Why a Service gets nothing of a pool. */
  whyNot(pool: AddressPoolModel, service: AllocatedService): string {
    if (!isCompatible(pool, service, this.#namespaces)) return "for others only";
    if (!pool.autoAssign) return "autoAssign: false";
    const free = this.#free(pool, service);
    const lacks = service.families.filter((family) => free[family] === undefined);
    return `no free address of ${lacks.map((family) => FAMILY_NAMES[family]).join(" and ")}`;
  }

  /** The first pool with addresses of the Service's families. */
  #best(pools: readonly AddressPoolModel[], service: AllocatedService) {
    const { families, prefersBoth, isIpv6First } = service;
    const [only] = families;
    const order: readonly Family[] = isIpv6First ? ["ipv6", "ipv4"] : ["ipv4", "ipv6"];
    const candidates = new Map<Family, { readonly pool: AddressPoolModel; readonly free: PerFamilyAddress }>();
    for (const pool of pools) {
      const free = this.#free(pool, service);
      const found = { pool, free };
      if (families.length === 1 && only !== undefined && free[only] !== undefined) return found;
      if (isBoth(free)) return found;
      if (families.length === 1 || !prefersBoth) continue;
      for (const family of order)
        if (free[family] !== undefined && !candidates.has(family)) candidates.set(family, found);
    }
    return order.map((family) => candidates.get(family)).find((one) => one !== undefined);
  }

  #select(pool: AddressPoolModel, free: PerFamilyAddress, { families, prefersBoth }: AllocatedService) {
    const [only] = families;
    const wanted: readonly Family[] = families.length === 1 && only !== undefined ? [only] : ["ipv4", "ipv6"];
    const found = wanted.flatMap((family) => free[family] ?? []);
    if (found.length === wanted.length || (found.length > 0 && prefersBoth)) return found;
    throw new AllocationError(
      found.length === 0 && free.ipv4 === undefined && free.ipv6 === undefined
        ? `no available IPs in pool ${pool.name}`
        : `no available IPs in pool ${pool.name} for ${families.length === 1 && only !== undefined ? only : "dual"} IPFamily`,
    );
  }

  /** The first free address of each family. */
  #free(pool: AddressPoolModel, service: AllocatedService): PerFamilyAddress {
    const free: { [F in Family]?: Address } = {};
    for (const range of rangesOf(pool))
      if (free[range.family] === undefined) {
        const found = this.#firstOf(range, pool, service);
        if (found !== undefined) free[range.family] = found;
      }
    return free;
  }

  #firstOf(range: Prefix, { avoidBuggyIPs }: AddressPoolModel, service: AllocatedService): Address | undefined {
    for (let i = 0n; i < prefixSize(range); i++) {
      const address = addressAt(range, i);
      if (address === undefined || (avoidBuggyIPs && confusesFirmware(address))) continue;
      if (this.#problem(service, address) === undefined) return address;
    }
    return undefined;
  }

  #problem({ who, ports, sharing, backend }: AllocatedService, address: Address): string | undefined {
    const text = formatAddress(address);
    const others = (this.#users.get(text) ?? []).filter((user) => user.who !== who);
    const [first] = others;
    if (first === undefined) return undefined;
    if (sharingProblem(first.key, { sharing, backend }))
      return `can't change sharing key for "${who}", address also in use by ${others.map((user) => user.who).join(",")}`;
    for (const port of ports)
      if (others.some((user) => user.ports.includes(port))) return `port ${port} is already in use on "${text}"`;
    return undefined;
  }

  #take({ who, ports, sharing, backend }: AllocatedService, addresses: readonly Address[]): void {
    for (const users of this.#users.values()) {
      const at = users.findIndex((user) => user.who === who);
      if (at >= 0) users.splice(at, 1);
    }
    for (const address of addresses) {
      const text = formatAddress(address);
      const users = this.#users.get(text) ?? [];
      users.push({ who, ports, key: { sharing, backend } });
      this.#users.set(text, users);
    }
  }
}
