/** A Service in a few lines: its addresses and ports, and its endpoints with where they run and what they are good for. */
import { formatCause } from "../cause.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { EndpointSliceModel, ServiceModel } from "../kube/service/service.ts";
import { serviceText } from "../targets/service-target.ts";
import type { Paint } from "./color.ts";
import { formatTable } from "./table.ts";
import { clusterPrefix } from "../net/object-ref.ts";
import { formatNamespace } from "../net/place.ts";

export function slicesOf(cluster: ClusterModel, service: ServiceModel): readonly EndpointSliceModel[] {
  return cluster.slices.filter((slice) => slice.namespace === service.namespace && slice.service === service.name);
}

function condition({
  ready,
  serving,
  terminating,
}: {
  ready: boolean;
  serving: boolean;
  terminating: boolean;
}): string {
  if (terminating) return serving ? "terminating, still serving" : "terminating";
  return ready ? "ready" : "not ready";
}

function settings(service: ServiceModel): string[] {
  return [
    service.affinitySeconds === undefined ? "" : `sessionAffinity ClientIP (${service.affinitySeconds} s)`,
    service.internalTrafficPolicy === "Local" ? "internalTrafficPolicy Local" : "",
    service.externalTrafficPolicy === "Local" ? "externalTrafficPolicy Local" : "",
    service.healthCheckNodePort === 0 ? "" : `healthCheckNodePort ${service.healthCheckNodePort}`,
    service.loadBalancerSourceRanges.length === 0 ? "" : `only from ${service.loadBalancerSourceRanges.join(", ")}`,
    service.trafficDistribution === undefined ? "" : `trafficDistribution ${service.trafficDistribution}`,
  ].filter((text) => text !== "");
}

/** Ends with a newline. */
export function formatService(cluster: ClusterModel, service: ServiceModel, color: Paint): string {
  const kind = service.headless ? "headless" : service.type;
  const addresses = [
    ...service.clusterIPs,
    ...service.externalIPs.map((ip) => `${ip} (external IP)`),
    ...service.loadBalancerIPs.map(
      ({ ip, ipMode }) => `${ip} (load balancer${ipMode === "Proxy" ? ", no rules: ipMode Proxy" : ""})`,
    ),
  ];
  const alias = service.externalName === undefined ? "" : ` → ${service.externalName}`;
  const out = [
    `${color.bold(serviceText(service))}  ${kind}${alias}  ${addresses.join(", ")}  ${color.gray(`← ${formatCause(service.cause)}`)}\n`,
    ...settings(service).map((text) => `  ${text}\n`),
    formatTable(
      [],
      service.ports.map((port) => [
        `port ${port.port}/${port.protocol.toLowerCase()}`,
        port.name,
        `→ ${port.targetPort}`,
        port.nodePort === 0 ? "" : `node port ${port.nodePort}`,
        color.gray(`← ${formatCause(port.cause)}`),
      ]),
      "  ",
    ),
  ];
  const endpoints = slicesOf(cluster, service).flatMap((slice) =>
    slice.endpoints.map((endpoint) => [
      `endpoint ${endpoint.addresses[0] ?? ""}`,
      endpoint.pod === undefined ? "" : formatNamespace(`${clusterPrefix(cluster.name)}${endpoint.pod}`),
      endpoint.nodeName === undefined ? "" : `on ${endpoint.nodeName}`,
      condition(endpoint),
      color.gray(`← ${formatCause(endpoint.cause)}`),
    ]),
  );
  if (service.type !== "ExternalName")
    out.push(endpoints.length === 0 ? "  no endpoints\n" : formatTable([], endpoints, "  "));
  return out.join("");
}
