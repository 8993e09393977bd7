/** One Service after the other: defaults as the API server fills them, addresses and node ports given or allocated, conflicts reported. */
import type { Family, PerFamily } from "../../net/family.ts";
import type { ServiceDocument } from "./schema.ts";
import type { Prefix } from "../../net/address.ts";
import { parseLegacyAddress, parseLegacyPrefix } from "../../net/legacy-address.ts";
import type { BalancedAddresses, LoadBalancerAddresses } from "./load-balancer-addresses.ts";
import { formatPath } from "../../syntax/path.ts";
import type { Scope } from "../../syntax/scope.ts";
import { givenClusterIPs, serviceFamilies } from "./service-families.ts";
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
  readonly loadBalancer: LoadBalancerAddresses;
  /** Load-balancer addresses of the running lab, by `NAMESPACE/NAME`. */
  readonly held: ReadonlyMap<string, readonly string[]>;
}

const DEFAULT_AFFINITY = 10_800;

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
  readonly held: readonly string[];
  readonly report: (scope: Scope, message: string, hint?: string) => void;
}

function withChanges(
  annotations: Readonly<Record<string, string>>,
  changes: BalancedAddresses["annotations"],
): Readonly<Record<string, string>> {
  if (changes === undefined) return annotations;
  const all = Object.entries({ ...annotations, ...changes });
  return Object.fromEntries(all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** Unique resources: cluster IPs, node ports, load-balancer addresses. First `reserve` all, then `resolve` all. */
export class Allocation {
  readonly #ranges: ServiceRanges;
  readonly #ips = new Map<Family, ClusterIpPool>();
  readonly #nodePorts = new NodePortPool();

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
    const who = `${metadata.namespace ?? "default"}/${metadata.name}`;
    return {
      object,
      scope,
      who,
      held: this.#ranges.held.get(who) ?? [],
      type,
      headless: type !== "ExternalName" && givenClusterIPs(spec)[0] === "None",
      families: type === "ExternalName" ? [] : serviceFamilies(spec, this.#ranges.families, place, report),
      report,
    };
  }

  /** First pass: explicit requests in manifests. */
  reserve(draft: Draft): void {
    const { object, scope, who, type, headless, families, report } = draft;
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
    if (type === "LoadBalancer") this.#ranges.loadBalancer.reserve(draft);
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
    const clusterIPs = this.#clusterIPs(draft);
    const ports = resolveServicePorts(spec, type, who, this.#nodePorts, place, report);
    const balanced = type === "LoadBalancer" ? this.#ranges.loadBalancer.allocate(draft) : { ips: [] };
    const given = withChanges(metadata.annotations ?? {}, balanced.annotations);
    return {
      namespace: metadata.namespace ?? "default",
      name: metadata.name,
      labels: metadata.labels ?? {},
      annotations: given,
      type,
      headless,
      clusterIPs,
      ipFamilies: families,
      ...(named ? { externalName: (spec.externalName ?? "").replace(/\.$/, "").toLowerCase() } : {}),
      ports,
      ...(Object.keys(selector).length === 0 ? {} : { selector }),
      externalIPs: (spec.externalIPs ?? []).flatMap((ip) => parseLegacyAddress(ip)?.text ?? []),
      loadBalancerIPs: balanced.ips,
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
