/** The Services of a cluster: its own (default/kubernetes, kube-system/kube-dns) and those of the manifests. */
import type { Family } from "../../net/family.ts";
import { addressAt, formatAddress } from "../../net/address.ts";
import { DNS_NAMESPACE, DNS_SERVICE } from "./dns-service-name.ts";
import type { PodModel } from "../pod/pod-model.ts";
import type { Scope } from "../../syntax/scope.ts";
import { Allocation, type ServiceInput, type ServiceRanges } from "./service-allocation.ts";
import type { ServiceModel } from "./service.ts";
import type { Workloads } from "../workload/workload.ts";
import { namespacedName } from "../../net/object-ref.ts";

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

/** All Services, the cluster's own first; none at all in a lab whose files have neither Services nor cluster DNS. */
export function resolveServices(
  { services: inputs, hasServices }: Pick<Workloads, "services" | "hasServices">,
  dnsService: ServiceModel | undefined,
  ranges: ServiceRanges,
  scope: Scope,
): readonly ServiceModel[] {
  if (!hasServices && dnsService === undefined) return [];
  const allocation = new Allocation(ranges);
  const [family = "ipv4"] = ranges.families;
  const range = ranges.serviceCIDR[family];
  const first = range === undefined ? undefined : addressAt(range, 1n);
  const isDns = ({ object: { metadata } }: ServiceInput): boolean =>
    metadata.namespace === DNS_NAMESPACE && metadata.name === DNS_SERVICE;
  const own = [
    ...(first === undefined ? [] : [apiService(formatAddress(first), family, scope.at("serviceCIDR"))]),
    ...(dnsService === undefined || inputs.some(isDns) ? [] : [dnsService]),
  ];
  for (const service of own) allocation.own(service.clusterIPs, namespacedName(service));
  const drafts = inputs.flatMap((input) => {
    const { metadata } = input.object;
    if ((metadata.namespace ?? "default") !== "default" || metadata.name !== "kubernetes")
      return [allocation.draft(input)];
    input.scope
      .at("metadata", "name")
      .error(
        'services "kubernetes" already exists',
        "the cluster creates default/kubernetes itself; choose another name or namespace",
      );
    return [];
  });
  for (const draft of drafts) allocation.reserve(draft);
  return [...own, ...drafts.map((draft) => allocation.resolve(draft))];
}

/** Two Services may have the same external address and port; only the first gets the packets. */
export function warnSharedAddresses(inputs: readonly ServiceInput[]): void {
  const owners = new Map<string, string>();
  for (const { object, scope } of inputs) {
    const who = `${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
    for (const [i, ip] of (object.spec.externalIPs ?? []).entries()) {
      for (const port of object.spec.ports ?? []) {
        const key = `${ip} port ${port.port}/${port.protocol ?? "TCP"}`;
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, who);
        else if (owner !== who) {
          scope
            .at("spec", "externalIPs", i)
            .warn(
              `Service ${who} shares ${key} with Service ${owner}`,
              "only one of them gets the packets: choose another address or port",
            );
        }
      }
    }
  }
}

/** A port by name that no selected pod has leads nowhere. */
function warnPortNames(object: ServiceInput["object"], selected: readonly PodModel[], scope: Scope): void {
  for (const [i, port] of (object.spec.ports ?? []).entries()) {
    const { targetPort } = port;
    if (typeof targetPort !== "string" || targetPort === "") continue;
    const protocol = port.protocol ?? "TCP";
    const ports = selected.flatMap((pod) => pod.containers.flatMap((container) => container.ports));
    if (ports.some((one) => one.name === targetPort && one.protocol.toUpperCase() === protocol)) continue;
    const names = [
      ...new Set(ports.flatMap((one) => (one.name === undefined ? [] : [`${one.name} (${one.protocol})`]))),
    ];
    scope
      .at("spec", "ports", i, "targetPort")
      .warn(
        `Service ${object.metadata.namespace ?? "default"}/${object.metadata.name} has no endpoints for port ${port.port}: no selected pod has a container port named "${targetPort}" for ${protocol}`,
        names.length === 0 ? "name the container port, or write its number" : `container ports: ${names.join(", ")}`,
      );
  }
}

/** A selector that matches no pod is not a mistake for Kubernetes, but rarely intended. */
export function warnUnmatched(inputs: readonly ServiceInput[], pods: readonly PodModel[]): void {
  for (const { object, scope } of inputs) {
    const selector = Object.entries(object.spec.selector ?? {});
    const namespace = object.metadata.namespace ?? "default";
    if (selector.length === 0 || object.spec.type === "ExternalName") continue;
    const matches = (pod: PodModel): boolean => selector.every(([key, value]) => pod.labels[key] === value);
    const selected = pods.filter((pod) => pod.namespace === namespace && matches(pod));
    if (selected.length > 0) {
      warnPortNames(object, selected, scope);
      continue;
    }
    const elsewhere = pods.find(matches);
    scope
      .at("spec", "selector")
      .warn(
        `Service ${namespace}/${object.metadata.name} has no endpoints: its selector matches no pod`,
        elsewhere === undefined
          ? `no pod has ${selector.map(([key, value]) => `${key}=${value}`).join(",")}`
          : `pod ${namespacedName(elsewhere)} has these labels, but in another namespace`,
      );
  }
}
