/** A Service with endpoints by hand, and a kube-proxy that sees it. */
import type { Endpoint, KubeProxySpec, ProxyInput, ServiceModel } from "../../../../src/kube/service/service.ts";

const cause = { object: "Service ns1/svc1", reason: "test" };

export function endpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  return { addresses: [address], ready: true, serving: true, terminating: false, cause, ...more };
}

export function service(more: Partial<ServiceModel> = {}): ServiceModel {
  return {
    namespace: "ns1",
    name: "svc1",
    labels: {},
    annotations: {},
    type: "ClusterIP",
    headless: false,
    clusterIPs: ["172.30.0.41"],
    ipFamilies: ["ipv4"],
    ports: [{ name: "p80", protocol: "TCP", port: 80, targetPort: 80, nodePort: 0, cause }],
    externalIPs: [],
    loadBalancerIPs: [],
    loadBalancerSourceRanges: [],
    internalTrafficPolicy: "Cluster",
    externalTrafficPolicy: "Cluster",
    healthCheckNodePort: 0,
    publishNotReadyAddresses: false,
    cause,
    ...more,
  };
}

export function input(
  services: readonly ServiceModel[],
  endpoints: readonly Endpoint[],
  more: Partial<Omit<ProxyInput, "proxy">> & { proxy?: Partial<KubeProxySpec> } = {},
): ProxyInput {
  const family = more.family ?? "ipv4";
  const slices = services.map((it) => ({
    namespace: it.namespace,
    name: `${it.name}-1`,
    service: it.name,
    family,
    ports: it.ports.map(({ name, port, protocol }) => ({ name, port, protocol })),
    endpoints,
    cause,
  }));
  const proxy: KubeProxySpec = {
    mode: "iptables",
    masqueradeAll: false,
    localhostNodePorts: true,
    cause,
    ...more.proxy,
  };
  return {
    family,
    nodeName: "node1",
    nodeIPs: ["192.168.0.2"],
    podCIDR: "10.0.0.0/8",
    services,
    slices,
    ...more,
    proxy,
  };
}
