/** Services of a cluster: defaults as the API server fills them, addresses and node ports given or allocated, conflicts told. */
import type { Family } from "../plan/resource.ts";
import type { ServiceDocument } from "../schema/manifests/service.ts";
import { addressAt, formatAddress } from "./address.ts";
import type { Prefix } from "./address.ts";
import { DNS_NAMESPACE, DNS_SERVICE, dnsService } from "./cluster-dns.ts";
import type { PerFamily, PodModel } from "./cluster.ts";
import { parseLegacyAddress, parseLegacyPrefix } from "./legacy-address.ts";
import type { LoadBalancerPools } from "./load-balancer.ts";
import { formatPath } from "./path.ts";
import type { Scope } from "./scope.ts";
import { givenClusterIPs, serviceFamilies } from "./service-families.ts";
import { ClusterIpPool, NodePortPool } from "./service-pool.ts";
import { healthCheckPort, reserveNodePorts, resolveServicePorts } from "./service-ports.ts";
import type { ClusterDnsSpec, ServiceModel } from "./service.ts";

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
export const LOAD_BALANCER_CLASS = "k8snet-lab/layer2";

type Spec = ServiceDocument["spec"];

function typeOf(spec: Spec): ServiceModel["type"] {
  const { type } = spec;
  return type === "NodePort" || type === "LoadBalancer" || type === "ExternalName" ? type : "ClusterIP";
}

/** One Service on its way: what both passes know of it. */
interface Draft {
  readonly object: ServiceDocument;
  readonly scope: Scope;
  readonly who: string;
  readonly type: ServiceModel["type"];
  readonly headless: boolean;
  readonly families: readonly Family[];
  readonly tell: (scope: Scope, message: string, hint?: string) => void;
}

class Allocation {
  readonly #ranges: ServiceRanges;
  readonly #ips = new Map<Family, ClusterIpPool>();
  readonly #nodePorts = new NodePortPool();

  constructor(ranges: ServiceRanges) {
    this.#ranges = ranges;
    for (const [family, prefix] of Object.entries(ranges.serviceCIDR)) this.#ips.set(family as Family, new ClusterIpPool(prefix));
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
    const tell = (at: Scope, message: string, hint?: string): void => at.error(`Service ${JSON.stringify(metadata.name)}: ${formatPath(at.path)}: ${message}`, hint);
    return {
      object,
      scope,
      who: `${metadata.namespace ?? "default"}/${metadata.name}`,
      type,
      headless: type !== "ExternalName" && givenClusterIPs(spec)[0] === "None",
      families: type === "ExternalName" ? [] : serviceFamilies(spec, this.#ranges.families, place, tell),
      tell,
    };
  }

  /** First pass: what manifests ask for by number is theirs. */
  reserve({ object, scope, who, type, headless, families, tell }: Draft): void {
    const { spec } = object;
    const place = scope.at("spec");
    const given = givenClusterIPs(spec);
    for (const [i, text] of headless || type === "ExternalName" ? [] : given.entries()) {
      const parsed = parseLegacyAddress(text);
      if (parsed === undefined || !families.includes(parsed.address.family)) continue;
      const problem = this.#ips.get(parsed.address.family)?.reserve(parsed.address, who);
      if (problem === undefined) continue;
      const at = spec.clusterIPs?.[i] === undefined ? place.at("clusterIP") : place.at("clusterIPs", i);
      tell(at, `Invalid value: ${JSON.stringify(given)}: failed to allocate IP ${parsed.text}: ${problem.message}`, problem.owner === undefined ? "take an address of the serviceCIDR, or none: one is chosen then" : `${problem.owner} has it; two Services cannot share a cluster IP`);
    }
    reserveNodePorts(spec, type, who, this.#nodePorts, place, tell);
    this.#reserveLoadBalancer({ object, scope, who, type, tell });
  }

  #reserveLoadBalancer({ object, scope, who, type, tell }: Pick<Draft, "object" | "scope" | "who" | "type" | "tell">): void {
    if (type !== "LoadBalancer") return;
    const wanted = [
      ...((object.spec.loadBalancerIP ?? "") === "" ? [] : [{ text: object.spec.loadBalancerIP ?? "", at: scope.at("spec", "loadBalancerIP"), pool: true }]),
      ...(object.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) => (ip === undefined ? [] : [{ text: ip, at: scope.at("status", "loadBalancer", "ingress", i, "ip"), pool: false }])),
    ];
    for (const { text, at, pool } of wanted) {
      const parsed = parseLegacyAddress(text);
      if (parsed === undefined) {
        if (pool) tell(at, `Invalid value: ${JSON.stringify(text)}: must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`);
        continue;
      }
      const from = this.#ranges.loadBalancer[parsed.address.family];
      if (pool && from?.contains(parsed.address) !== true) {
        tell(at, `Invalid value: ${JSON.stringify(text)}: not in spec.cluster.loadBalancer.cidr`, "take an address of that range, or none: one is chosen then");
        continue;
      }
      const owner = from?.take(parsed.address, who);
      if (owner !== undefined && owner !== who) tell(at, `Invalid value: ${JSON.stringify(text)}: address is already allocated`, `${owner} has it`);
    }
  }

  #clusterIPs({ object, scope, who, type, headless, families, tell }: Draft): readonly string[] {
    if (headless || type === "ExternalName") return [];
    const given = givenClusterIPs(object.spec).flatMap((text) => parseLegacyAddress(text) ?? []);
    return families.flatMap((family) => {
      const own = given.find(({ address }) => address.family === family)?.text;
      const found = own ?? this.#ips.get(family)?.next(who);
      if (found === undefined) tell(scope.at("spec", "clusterIPs"), "failed to allocate a serviceIP: range is full", "choose a larger serviceCIDR");
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
        return parsed === undefined ? [] : [{ ip: parsed.text, ipMode: ipMode === "Proxy" ? ("Proxy" as const) : ("VIP" as const) }];
      });
    }
    const klass = spec.loadBalancerClass ?? "";
    if (klass !== "" && klass !== LOAD_BALANCER_CLASS) {
      scope.at("spec", "loadBalancerClass").warn(`Service ${who} gets no load-balancer address: nobody serves the class ${JSON.stringify(klass)}`, `remove loadBalancerClass, or write ${LOAD_BALANCER_CLASS}`);
      return [];
    }
    const asked = parseLegacyAddress(spec.loadBalancerIP ?? "");
    const found = families.flatMap((family) => (asked?.address.family === family ? asked.text : (this.#ranges.loadBalancer[family]?.next(who) ?? [])));
    if (found.length === 0) {
      scope.at("spec", "type").warn(`Service ${who} gets no load-balancer address: the range is full, or there is none`, "set spec.cluster.loadBalancer: { cidr: 192.168.50.240/28 }");
    }
    return found.map((ip) => ({ ip, ipMode: "VIP" }));
  }

  /** Second pass: everything else from what is left. */
  resolve(draft: Draft): ServiceModel {
    const { object, scope, who, type, headless, families, tell } = draft;
    const { metadata, spec } = object;
    const place = scope.at("spec");
    const selector = spec.selector ?? {};
    const named = type === "ExternalName";
    const local = (policy: string | null | undefined): "Cluster" | "Local" => (policy === "Local" ? "Local" : "Cluster");
    const annotated = metadata.annotations?.["service.kubernetes.io/topology-mode"];
    const distribution = spec.trafficDistribution ?? "";
    if (annotated !== undefined && annotated.toLowerCase() === "auto") {
      scope.at("metadata", "annotations").warn("service.kubernetes.io/topology-mode is ignored: it works by CPU shares of zones, which a lab does not have", "use spec.trafficDistribution: PreferClose");
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
      ports: resolveServicePorts(spec, type, who, this.#nodePorts, place, tell),
      ...(Object.keys(selector).length === 0 ? {} : { selector }),
      externalIPs: (spec.externalIPs ?? []).flatMap((ip) => parseLegacyAddress(ip)?.text ?? []),
      loadBalancerIPs: this.#loadBalancerIPs(draft),
      loadBalancerSourceRanges: type === "LoadBalancer" ? (spec.loadBalancerSourceRanges ?? []).flatMap((range) => parseLegacyPrefix(range) ?? []) : [],
      internalTrafficPolicy: local(spec.internalTrafficPolicy),
      externalTrafficPolicy: local(spec.externalTrafficPolicy),
      healthCheckNodePort: healthCheckPort(spec, type, who, this.#nodePorts),
      ...(spec.sessionAffinity === "ClientIP" ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY } : {}),
      publishNotReadyAddresses: spec.publishNotReadyAddresses ?? false,
      ...(distribution === "" ? {} : { trafficDistribution: distribution }),
      cause: scope.at("metadata", "name").cause(`Service ${who}`, `type ${type}${headless ? ", headless" : ""}`),
    };
  }
}

/** default/kubernetes: the API server's Service, at the first address of the cluster's first range. */
function apiService(address: string, family: Family, scope: Scope): ServiceModel {
  const cause = scope.cause("Service default/kubernetes", "every cluster has it");
  return {
    namespace: "default",
    name: "kubernetes",
    labels: { component: "apiserver", provider: "kubernetes" },
    annotations: {},
    type: "ClusterIP",
    headless: false,
    clusterIPs: [address],
    ipFamilies: [family],
    ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: 6443, nodePort: 0, cause }],
    externalIPs: [],
    loadBalancerIPs: [],
    loadBalancerSourceRanges: [],
    internalTrafficPolicy: "Cluster",
    externalTrafficPolicy: "Cluster",
    healthCheckNodePort: 0,
    publishNotReadyAddresses: false,
    cause,
  };
}

/** All Services, the cluster's own first; none at all in a lab that has neither Services nor cluster DNS. */
export function resolveServices(inputs: readonly ServiceInput[], dns: ClusterDnsSpec, ranges: ServiceRanges, scope: Scope): readonly ServiceModel[] {
  if (inputs.length === 0 && !dns.enabled) return [];
  const allocation = new Allocation(ranges);
  const [family = "ipv4"] = ranges.families;
  const range = ranges.serviceCIDR[family];
  const first = range === undefined ? undefined : addressAt(range, 1n);
  const isDns = ({ object: { metadata } }: ServiceInput): boolean => metadata.namespace === DNS_NAMESPACE && metadata.name === DNS_SERVICE;
  const own = [
    ...(first === undefined ? [] : [apiService(formatAddress(first), family, scope.at("serviceCIDR"))]),
    ...(dns.enabled && !inputs.some(isDns) ? [dnsService(dns, ranges.families, scope.at("dns"))] : []),
  ];
  for (const service of own) allocation.own(service.clusterIPs, `${service.namespace}/${service.name}`);
  const drafts = inputs.flatMap((input) => {
    const { metadata } = input.object;
    if ((metadata.namespace ?? "default") !== "default" || metadata.name !== "kubernetes") return [allocation.draft(input)];
    input.scope.at("metadata", "name").error('services "kubernetes" already exists', "the cluster makes default/kubernetes itself; choose another name or namespace");
    return [];
  });
  for (const draft of drafts) allocation.reserve(draft);
  return [...own, ...drafts.map((draft) => allocation.resolve(draft))];
}

/** A selector that matches no pod is no mistake for Kubernetes, but seldom meant. */
export function warnUnmatched(inputs: readonly ServiceInput[], pods: readonly PodModel[]): void {
  for (const { object, scope } of inputs) {
    const selector = Object.entries(object.spec.selector ?? {});
    const namespace = object.metadata.namespace ?? "default";
    if (selector.length === 0 || object.spec.type === "ExternalName") continue;
    const matches = (pod: PodModel): boolean => selector.every(([key, value]) => pod.labels[key] === value);
    if (pods.some((pod) => pod.namespace === namespace && matches(pod))) continue;
    const elsewhere = pods.find(matches);
    scope
      .at("spec", "selector")
      .warn(
        `Service ${namespace}/${object.metadata.name} has no endpoints: its selector matches no pod`,
        elsewhere === undefined ? `no pod has ${selector.map(([key, value]) => `${key}=${value}`).join(",")}` : `pod ${elsewhere.namespace}/${elsewhere.name} has these labels, but in another namespace`,
      );
  }
}
