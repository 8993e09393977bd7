/** Who gives Services of type LoadBalancer their addresses, and the usual one: a range per family, in order. */
import type { Family } from "../../net/family.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { LoadBalancerPools } from "./load-balancer-pools.ts";
import type { ServiceDocument } from "./schema.ts";
import type { ServiceModel } from "./service.ts";
import { askedAddresses, POOL_ANNOTATIONS, sharingKey } from "./service-annotations.ts";

/** A Service of type LoadBalancer. */
export interface BalancedService {
  readonly object: ServiceDocument;
  readonly scope: Scope;
  /** `default/web` */
  readonly who: string;
  /** Those of its cluster IPs, the first one first. */
  readonly families: readonly Family[];
  /** What it has in the running lab: it keeps that, whichever other Services come and go. */
  readonly held: readonly string[];
  /** An error, named after the Service and its place. */
  readonly report: (scope: Scope, message: string, hint?: string) => void;
}

export interface BalancedAddresses {
  readonly ips: ServiceModel["loadBalancerIPs"];
  /** Annotations that the Service gets; undefined takes one away. */
  readonly annotations?: Readonly<Record<string, string | undefined>> | undefined;
}

/** First `reserve` of all, then `allocate` of all, in the manifests' order. What cannot be had is reported. */
export interface LoadBalancerAddresses {
  reserve(service: BalancedService): void;
  allocate(service: BalancedService): BalancedAddresses;
}

export const NO_ADDRESS_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/** What the status says, as a cloud would have written it. */
export function givenIngress({ status }: ServiceDocument): ServiceModel["loadBalancerIPs"] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => {
    const parsed = parseLegacyAddress(ip ?? "");
    return parsed === undefined
      ? []
      : [{ ip: parsed.text, ipMode: ipMode === "Proxy" ? ("Proxy" as const) : ("VIP" as const) }];
  });
}

/** Only this class is served, and Services without a class. */
const LOAD_BALANCER_CLASS = "k8snet-lab/layer2";

/** Warned of: it has another class than those that are served. */
export function isForeignClass({ object, scope, who }: BalancedService, served: readonly string[]): boolean {
  const klass = object.spec.loadBalancerClass ?? "";
  if (klass === "" || served.includes(klass)) return false;
  scope
    .at("spec", "loadBalancerClass")
    .warn(
      `Service ${who} gets no load-balancer address: nothing serves the class ${JSON.stringify(klass)}`,
      `remove loadBalancerClass${served.length === 0 ? "" : `, or write ${served.join(" or ")}`}`,
    );
  return true;
}

/** `spec.cluster.loadBalancer.cidr`. */
export class RangeAddresses implements LoadBalancerAddresses {
  readonly #pools: LoadBalancerPools;
  /** Addresses that Services with this key may have together. */
  readonly #shared = new Map<string, string>();
  /** By Service and family. */
  readonly #held = new Map<string, string>();

  constructor(pools: LoadBalancerPools) {
    this.#pools = pools;
  }

  reserve({ object, scope, who, held, report }: BalancedService): void {
    const wanted = [
      ...askedAddresses(object, scope).map((one) => ({ ...one, pool: true })),
      ...(object.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) =>
        ip === undefined ? [] : [{ text: ip, at: scope.at("status", "loadBalancer", "ingress", i, "ip"), pool: false }],
      ),
    ];
    for (const { text, at, pool } of wanted) {
      const parsed = parseLegacyAddress(text);
      if (parsed === undefined) {
        if (pool) report(at, `Invalid value: ${JSON.stringify(text)}: ${NO_ADDRESS_TEXT}`);
        continue;
      }
      const from = this.#pools[parsed.address.family];
      if (pool && from?.contains(parsed.address) !== true) {
        report(
          at,
          `Invalid value: ${JSON.stringify(text)}: not in the cluster's loadBalancer.cidr`,
          "use an address in that range, or none to have one chosen",
        );
        continue;
      }
      const owner = from?.take(parsed.address, who);
      const key = sharingKey(object);
      if (owner === undefined && key !== undefined) this.#shared.set(parsed.text, key);
      if (owner !== undefined && key !== undefined && this.#shared.get(parsed.text) === key) continue;
      if (owner !== undefined && owner !== who)
        report(at, `Invalid value: ${JSON.stringify(text)}: address is already allocated`, `${owner} has it`);
    }
    for (const text of wanted.length === 0 ? held : []) {
      const parsed = parseLegacyAddress(text);
      const pool = parsed === undefined ? undefined : this.#pools[parsed.address.family];
      if (parsed === undefined || pool?.contains(parsed.address) !== true) continue;
      if (pool.take(parsed.address, who) === undefined) this.#held.set(`${who} ${parsed.address.family}`, parsed.text);
    }
  }

  allocate(service: BalancedService): BalancedAddresses {
    const { object, scope, who, families } = service;
    if ((object.status?.loadBalancer?.ingress ?? []).length > 0) return { ips: givenIngress(object) };
    if (isForeignClass(service, [LOAD_BALANCER_CLASS])) return { ips: [] };
    warnOfPools(service);
    const asked = askedAddresses(object, scope).flatMap(({ text }) => parseLegacyAddress(text) ?? []);
    const found = families.flatMap(
      (family) =>
        asked.find(({ address }) => address.family === family)?.text ??
        this.#held.get(`${who} ${family}`) ??
        this.#pools[family]?.next(who) ??
        [],
    );
    if (found.length === 0) {
      scope
        .at("spec", "type")
        .warn(
          `Service ${who} gets no load-balancer address: the range is full or missing`,
          "give the cluster loadBalancer: { cidr: 192.168.50.240/28 }",
        );
    }
    return { ips: found.map((ip) => ({ ip, ipMode: "VIP" })) };
  }
}

/** Here is one range, and there are no pools to choose from. */
function warnOfPools({ object, scope, who }: BalancedService): void {
  const { annotations } = object.metadata;
  for (const key of POOL_ANNOTATIONS)
    if ((annotations?.[key] ?? "") !== "")
      scope
        .at("metadata", "annotations", key)
        .warn(
          `Service ${who}: ${key} has no effect: there is no IPAddressPool`,
          "manifests of metallb.io make pools: IPAddressPool, L2Advertisement or BGPAdvertisement",
        );
}
