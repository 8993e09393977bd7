/** Addresses of Services from MetalLB's pools: what a Service requests, by its fields and annotations, and what it gets. */
import { METALLB_NAMESPACE } from "../../kube/metallb/metallb-kind.ts";
import type { NamespaceModel } from "../../kube/namespace/namespace-model.ts";
import {
  ADDRESS_ANNOTATIONS,
  ALLOCATED_ANNOTATIONS,
  POOL_ANNOTATIONS,
} from "../../kube/service/service-annotations.ts";
import { givenIngress, isForeignClass } from "../../kube/service/load-balancer-addresses.ts";
import type {
  BalancedAddresses,
  BalancedService,
  LoadBalancerAddresses,
} from "../../kube/service/load-balancer-addresses.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import type { Scope } from "../../syntax/scope.ts";
import { AllocationError, Allocator, quoted } from "./allocator.ts";
import type { Allocated, AllocatedService } from "./allocator.ts";
import type { AddressPoolModel } from "../../kube/metallb/metallb-objects.ts";

const REQUEST = ["metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"] as const;
const SHARING = ["metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"] as const;
/** The controller writes it on a Service that has got an address. */
export const [ALLOCATED_FROM] = ALLOCATED_ANNOTATIONS;

/** The newer name counts where it is there. */
function annotated({ object }: BalancedService, keys: readonly string[]): readonly [key: string, value: string] {
  const { annotations } = object.metadata;
  const key = keys.find((one) => annotations?.[one] !== undefined) ?? keys[0] ?? "";
  return [key, annotations?.[key] ?? ""];
}

function serviceOf(service: BalancedService): AllocatedService {
  const { object, who, families } = service;
  const { metadata, spec } = object;
  const selector = Object.entries(spec.selector ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    who,
    namespace: metadata.namespace ?? "default",
    labels: metadata.labels ?? {},
    families,
    prefersBoth: spec.ipFamilyPolicy === "PreferDualStack",
    isIpv6First: families[0] === "ipv6",
    ports: (spec.ports ?? []).map(({ port, protocol }) => `${protocol ?? "TCP"}/${port}`),
    sharing: annotated(service, SHARING)[1],
    // With policy Cluster, Services with different pods may share an address.
    backend: spec.externalTrafficPolicy === "Local" ? selector.map(([key, value]) => `${key}=${value}`).join(",") : "",
  };
}

/** What the Service itself asks for, and where; a mistake is reported. */
interface Request {
  readonly addresses: readonly Address[];
  readonly at: Scope;
}

export class MetallbAddresses implements LoadBalancerAddresses {
  readonly #pools: readonly AddressPoolModel[];
  readonly #allocator: Allocator;
  /** By Service: what it had already. */
  readonly #kept = new Map<string, Allocated>();

  constructor(pools: readonly AddressPoolModel[], namespaces: readonly NamespaceModel[]) {
    this.#pools = pools;
    this.#allocator = new Allocator(pools, namespaces);
  }

  /** Services that have addresses already come first (service_controller_reload.go): they keep them, if pools allow it. */
  reserve(service: BalancedService): void {
    const { object, scope, who, held } = service;
    const status = givenIngress(object).map(({ ip }) => ip);
    const given = (status.length === 0 ? held : status).flatMap((ip) => parseAddress(ip) ?? []);
    if (given.length === 0 || (object.spec.loadBalancerClass ?? "") !== "") return;
    try {
      this.#kept.set(who, this.#allocator.assign(serviceOf(service), given));
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      if (status.length === 0) return;
      scope
        .at("status", "loadBalancer", "ingress")
        .warn(
          `current IP for "${who}" not allowed by config, will attempt for new IP assignment: ${error.message}`,
          "MetalLB takes away addresses that are in none of its pools; leave the status out",
        );
    }
  }

  allocate(service: BalancedService): BalancedAddresses {
    const { object, who, scope } = service;
    const none = { ips: [], annotations: { [ALLOCATED_FROM]: undefined } };
    // Another load balancer's.
    if (isForeignClass(service, [])) return { ...none, ips: givenIngress(object) };
    warnOfOthers(service);
    const request = this.#request(service);
    if (request === "mistake") return none;
    const [poolKey, pool] = annotated(service, POOL_ANNOTATIONS);
    const at = request?.at ?? (pool === "" ? undefined : scope.at("metadata", "annotations", poolKey));
    const wanted = serviceOf(service);
    try {
      const { pool: from, addresses } = this.#allocated(wanted, request, pool);
      return {
        ips: addresses.map((one) => ({ ip: formatAddress(one), ipMode: "VIP" as const })),
        annotations: { [ALLOCATED_FROM]: from.name },
      };
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      const message = `Failed to allocate IP for "${who}": ${error.message}`;
      const names = this.#pools.map(({ name }) => name);
      if (request !== undefined || (pool !== "" && !names.includes(pool)))
        at?.error(message, pool === "" ? this.#rangesText() : (didYouMean(pool, names, "there are") ?? NO_POOLS));
      else (at ?? scope.at("spec", "type")).warn(`${message}: it gets no load-balancer address`, this.#hint(wanted));
      return none;
    }
  }

  #allocated(service: AllocatedService, request: Request | undefined, pool: string): Allocated {
    const kept = this.#kept.get(service.who);
    const texts = (all: readonly Address[]): string => all.map(formatAddress).toSorted().join();
    if (
      kept !== undefined &&
      (pool === "" || kept.pool.name === pool) &&
      (request === undefined || texts(request.addresses) === texts(kept.addresses))
    )
      return kept;
    if (request !== undefined) return this.#allocator.assign(service, request.addresses, pool);
    return pool === "" ? this.#allocator.allocate(service) : this.#allocator.fromPool(service, pool);
  }

  #request(service: BalancedService): Request | "mistake" | undefined {
    const { object, scope, report, families } = service;
    const [key, asked] = annotated(service, REQUEST);
    const own = object.spec.loadBalancerIP ?? "";
    if (asked === "" && own === "") return undefined;
    const at = asked === "" ? scope.at("spec", "loadBalancerIP") : scope.at("metadata", "annotations", key);
    const fail = (message: string, hint?: string): "mistake" => {
      report(at, message, hint);
      return "mistake";
    };
    if (asked !== "" && own !== "")
      return fail(`service can not have both ${REQUEST[0]} and svc.Spec.LoadBalancerIP`, "remove spec.loadBalancerIP");
    const addresses = (asked === "" ? [own] : asked.split(",")).map((text) => parseAddress(text.trim()));
    const known = addresses.flatMap((one) => one ?? []);
    if (known.length < addresses.length)
      return fail(
        asked === ""
          ? `invalid spec.loadBalancerIP ${JSON.stringify(own)}`
          : `invalid ${REQUEST[0]}: ${JSON.stringify(asked)}`,
      );
    const wanted = [...new Set(known.map(({ family }) => family))];
    if (wanted.length !== families.length || wanted.some((family) => !families.includes(family)))
      return fail(
        `requested loadBalancer IP(s) ${quoted(known)} does not match the ipFamily of the service`,
        `it has ${families.join(" and ")}: give one address of each`,
      );
    return { addresses: known, at };
  }

  #rangesText(): string {
    const all = this.#pools.map(({ name, addresses }) => `${name}: ${addresses.map(({ text }) => text).join(", ")}`);
    return all.length === 0 ? NO_POOLS : `pools: ${all.join("; ")}`;
  }

  #hint(service: AllocatedService): string {
    const all = this.#pools.map((pool) => `${pool.name}: ${this.#allocator.whyNot(pool, service)}`);
    return all.length === 0 ? NO_POOLS : `pools: ${all.join("; ")}`;
  }
}

const NO_POOLS = `there is no pool: { apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: { name: first, namespace: ${METALLB_NAMESPACE} }, spec: { addresses: [198.51.100.0/28] } }`;

/** Annotations by which other load balancers are asked. */
function warnOfOthers({ object, scope, who }: BalancedService): void {
  for (const key of ADDRESS_ANNOTATIONS)
    if (!key.startsWith("metallb.") && (object.metadata.annotations?.[key] ?? "") !== "")
      scope
        .at("metadata", "annotations", key)
        .warn(`Service ${who}: MetalLB does not read ${key}`, `write ${REQUEST[0]}`);
}
