/** One Service after the other: defaults as the API server fills them, addresses and node ports given or allocated, conflicts reported. */
import type { Family, PerFamily } from "../../net/family.ts";
import type { ServiceDocument } from "./schema.ts";
import type { Prefix } from "../../net/address.ts";
import { parseLegacyAddress, parseLegacyPrefix } from "../../net/legacy-address.ts";
import type { LoadBalancerPools } from "./load-balancer-pools.ts";
import { formatPath } from "../../syntax/path.ts";
import type { Scope } from "../../syntax/scope.ts";
import { givenClusterIPs, serviceFamilies } from "./service-families.ts";
import { askedAddresses, sharingKey } from "./service-annotations.ts";
import { ClusterIpPool } from "./cluster-ip-pool.ts";
import { NodePortPool } from "./node-port-pool.ts";
import { healthCheckPort, reserveNodePorts, resolveServicePorts } from "./service-ports.ts";
import type { ServiceModel } from "./service.ts";

/** A Service manifest and its place. */
export interface ServiceInput {
  readonly object: ServiceDocument;
  readonly scope: Scope;
}

export interface ServiceRanges {
  /** The cluster's families, its default first. */
  readonly families: readonly Family[];
  readonly serviceCIDR: PerFamily<Prefix>;
  readonly loadBalancer: LoadBalancerPools;
}

const DEFAULT_AFFINITY = 10_800;

/** Only this class is served, and Services without a class. */
const LOAD_BALANCER_CLASS = "k8snet-lab/layer2";

type Spec = ServiceDocument["spec"];

function typeOf(spec: Spec): ServiceModel["type"] {
  const { type } = spec;
  return type === "NodePort" || type === "LoadBalancer" || type === "ExternalName" ? type : "ClusterIP";
}

/** One Service in progress: what both passes know about it. */
interface Draft {
  readonly object: ServiceDocument;
  readonly scope: Scope;
  readonly who: string;
  readonly type: ServiceModel["type"];
  readonly headless: boolean;
  readonly families: readonly Family[];
  readonly report: (scope: Scope, message: string, hint?: string) => void;
}

/** Unique resources: cluster IPs, node ports, load-balancer addresses. First `reserve` all, then `resolve` all. */
export class Allocation {
  readonly #ranges: ServiceRanges;
  readonly #ips = new Map<Family, ClusterIpPool>();
  readonly #nodePorts = new NodePortPool();
  /** Load-balancer addresses that Services with this key may have together. */
  readonly #shared = new Map<string, string>();

  constructor(ranges: ServiceRanges) {
    this.#ranges = ranges;
    for (const [family, prefix] of Object.entries(ranges.serviceCIDR))
      this.#ips.set(family as Family, new ClusterIpPool(prefix));
  }

  /** Addresses of the cluster's own Services. */
  own(addresses: readonly string[], who: string): void {
    for (const text of addresses) {
      const parsed = parseLegacyAddress(text);
      if (parsed !== undefined) this.#ips.get(parsed.address.family)?.reserve(parsed.address, who);
    }
  }

  draft({ object, scope }: ServiceInput): Draft {
    const { metadata, spec } = object;
    const type = typeOf(spec);
    const place = scope.at("spec");
    const report = (at: Scope, message: string, hint?: string): void =>
      at.error(`Service ${JSON.stringify(metadata.name)}: ${formatPath(at.path)}: ${message}`, hint);
    return {
      object,
      scope,
      who: `${metadata.namespace ?? "default"}/${metadata.name}`,
      type,
      headless: type !== "ExternalName" && givenClusterIPs(spec)[0] === "None",
      families: type === "ExternalName" ? [] : serviceFamilies(spec, this.#ranges.families, place, report),
      report,
    };
  }

  /** First pass: explicit requests in manifests. */
  reserve({ object, scope, who, type, headless, families, report }: Draft): void {
    const { spec } = object;
    const place = scope.at("spec");
    const given = givenClusterIPs(spec);
    for (const [i, text] of headless || type === "ExternalName" ? [] : given.entries()) {
      const parsed = parseLegacyAddress(text);
      if (parsed === undefined || !families.includes(parsed.address.family)) continue;
      const problem = this.#ips.get(parsed.address.family)?.reserve(parsed.address, who);
      if (problem === undefined) continue;
      const at = spec.clusterIPs?.[i] === undefined ? place.at("clusterIP") : place.at("clusterIPs", i);
      report(
        at,
        `Invalid value: ${JSON.stringify(given)}: failed to allocate IP ${parsed.text}: ${problem.message}`,
        problem.owner === undefined
          ? "use an address in the serviceCIDR, or none to have one chosen"
          : `${problem.owner} has it; two Services cannot share a cluster IP`,
      );
    }
    reserveNodePorts(spec, type, who, this.#nodePorts, place, report);
    this.#reserveLoadBalancer({ object, scope, who, type, report });
  }

  #reserveLoadBalancer({
    object,
    scope,
    who,
    type,
    report,
  }: Pick<Draft, "object" | "scope" | "who" | "type" | "report">): void {
    if (type !== "LoadBalancer") return;
    const wanted = [
      ...askedAddresses(object, scope).map((one) => ({ ...one, pool: true })),
      ...(object.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) =>
        ip === undefined ? [] : [{ text: ip, at: scope.at("status", "loadBalancer", "ingress", i, "ip"), pool: false }],
      ),
    ];
    for (const { text, at, pool } of wanted) {
      const parsed = parseLegacyAddress(text);
      if (parsed === undefined) {
        if (pool)
          report(
            at,
            `Invalid value: ${JSON.stringify(text)}: must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
          );
        continue;
      }
      const from = this.#ranges.loadBalancer[parsed.address.family];
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
  }

  #clusterIPs({ object, scope, who, type, headless, families, report }: Draft): readonly string[] {
    if (headless || type === "ExternalName") return [];
    const given = givenClusterIPs(object.spec).flatMap((text) => parseLegacyAddress(text) ?? []);
    return families.flatMap((family) => {
      const own = given.find(({ address }) => address.family === family)?.text;
      const found = own ?? this.#ips.get(family)?.next(who);
      if (found === undefined)
        report(
          scope.at("spec", "clusterIPs"),
          "failed to allocate a serviceIP: range is full",
          "choose a larger serviceCIDR",
        );
      return found ?? [];
    });
  }

  #loadBalancerIPs({ object, scope, who, type, families }: Draft): ServiceModel["loadBalancerIPs"] {
    if (type !== "LoadBalancer") return [];
    const { spec, status } = object;
    const ingress = status?.loadBalancer?.ingress ?? [];
    if (ingress.length > 0) {
      return ingress.flatMap(({ ip, ipMode }) => {
        const parsed = parseLegacyAddress(ip ?? "");
        return parsed === undefined
          ? []
          : [{ ip: parsed.text, ipMode: ipMode === "Proxy" ? ("Proxy" as const) : ("VIP" as const) }];
      });
    }
    const klass = spec.loadBalancerClass ?? "";
    if (klass !== "" && klass !== LOAD_BALANCER_CLASS) {
      scope
        .at("spec", "loadBalancerClass")
        .warn(
          `Service ${who} gets no load-balancer address: nothing serves the class ${JSON.stringify(klass)}`,
          `remove loadBalancerClass, or write ${LOAD_BALANCER_CLASS}`,
        );
      return [];
    }
    const asked = askedAddresses(object, scope).flatMap(({ text }) => parseLegacyAddress(text) ?? []);
    const found = families.flatMap(
      (family) =>
        asked.find(({ address }) => address.family === family)?.text ??
        this.#ranges.loadBalancer[family]?.next(who) ??
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
    return found.map((ip) => ({ ip, ipMode: "VIP" }));
  }

  /** Second pass: everything else from the rest. */
  resolve(draft: Draft): ServiceModel {
    const { object, scope, who, type, headless, families, report } = draft;
    const { metadata, spec } = object;
    const place = scope.at("spec");
    const selector = spec.selector ?? {};
    const named = type === "ExternalName";
    const local = (policy: string | null | undefined): "Cluster" | "Local" =>
      policy === "Local" ? "Local" : "Cluster";
    const annotated = metadata.annotations?.["service.kubernetes.io/topology-mode"];
    const distribution = spec.trafficDistribution ?? "";
    if (annotated !== undefined && annotated.toLowerCase() === "auto") {
      scope
        .at("metadata", "annotations")
        .warn(
          "service.kubernetes.io/topology-mode is ignored: it depends on CPU shares of zones, which a lab does not have",
          "use spec.trafficDistribution: PreferClose",
        );
    }
    return {
      namespace: metadata.namespace ?? "default",
      name: metadata.name,
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      type,
      headless,
      clusterIPs: this.#clusterIPs(draft),
      ipFamilies: families,
      ...(named ? { externalName: (spec.externalName ?? "").replace(/\.$/, "").toLowerCase() } : {}),
      ports: resolveServicePorts(spec, type, who, this.#nodePorts, place, report),
      ...(Object.keys(selector).length === 0 ? {} : { selector }),
      externalIPs: (spec.externalIPs ?? []).flatMap((ip) => parseLegacyAddress(ip)?.text ?? []),
      loadBalancerIPs: this.#loadBalancerIPs(draft),
      loadBalancerSourceRanges:
        type === "LoadBalancer"
          ? (spec.loadBalancerSourceRanges ?? []).flatMap((range) => parseLegacyPrefix(range) ?? [])
          : [],
      internalTrafficPolicy: local(spec.internalTrafficPolicy),
      externalTrafficPolicy: local(spec.externalTrafficPolicy),
      healthCheckNodePort: healthCheckPort(spec, type, who, this.#nodePorts),
      ...(spec.sessionAffinity === "ClientIP"
        ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY }
        : {}),
      publishNotReadyAddresses: spec.publishNotReadyAddresses ?? false,
      ...(distribution === "" ? {} : { trafficDistribution: distribution }),
      cause: scope.at("metadata", "name").cause(`Service ${who}`, `type ${type}${headless ? ", headless" : ""}`),
    };
  }
}
