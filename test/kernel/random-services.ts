/** Clusters that chance makes of all that a Service can say, and packets to all of its addresses: the same for the same seed. */
import type { ServicePacket } from "../../src/oracle/service/service-frontend.ts";
import type {
  Endpoint,
  EndpointSliceModel,
  ProxyInput,
  ProxyEngine,
  ServiceModel,
  ServicePort,
} from "../../src/kube/service/service.ts";
import type { ServiceProtocol } from "../../src/net/protocol.ts";

const cause = { object: "random", reason: "test" };

/** mulberry32 */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const ADDRESSES = {
  ipv4: {
    node: ["192.168.0.2", "192.168.1.2"],
    cluster: "172.30.0.",
    external: "192.168.99.",
    balancer: "1.2.3.",
    pod: "10.180.0.",
    outside: ["203.0.113.2", "203.0.113.130", "1.2.3.5"],
    ranges: ["203.0.113.0/25", "192.168.0.0/24", "10.0.0.0/8", " 1.2.3.0/24"],
    podCIDR: "10.0.0.0/8",
    serviceCIDR: "172.30.0.0/16",
    nodePorts: ["192.168.0.0/24", "127.0.0.0/8"],
  },
  ipv6: {
    node: ["2001:db8::1", "2001:db8:1::2"],
    cluster: "fd00:172:30::",
    external: "2001:db8:99::",
    balancer: "2001:db8:3::",
    pod: "fd00:10::",
    outside: ["2001:db8:2::2", "2001:db8:2:1::2", "2001:db8:3::5"],
    ranges: ["2001:db8:2::/64", "2001:db8::/64", "fd00:10::/64", "2001:db8:3::/64"],
    podCIDR: "fd00:10::/64",
    serviceCIDR: "fd00:172:30::/64",
    nodePorts: ["2001:db8::/64", "::1/128"],
  },
} as const;

export interface RandomCluster {
  readonly input: ProxyInput;
  readonly packets: readonly ServicePacket[];
}

export function randomCluster(seed: number, mode: ProxyEngine, family: "ipv4" | "ipv6"): RandomCluster {
  const random = dice(seed);
  const chance = (of: number): boolean => random() < of;
  const below = (count: number): number => Math.floor(random() * count);
  const some = <T>(all: readonly T[]): T => all[below(all.length)] as T;
  const its = ADDRESSES[family];
  const six = family === "ipv6";

  const services: ServiceModel[] = [];
  const slices: EndpointSliceModel[] = [];
  const ports = new Set<string>();
  for (let n = 1; n <= 1 + below(5); n++) {
    const type = some(["ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer"] as const);
    const outward = type !== "ClusterIP";
    const external = chance(0.3) ? [`${its.external}${n}`] : [];
    const own = Array.from({ length: 1 + below(2) }, (_, i): ServicePort => {
      const protocol = some<ServiceProtocol>(["TCP", "UDP", "SCTP", "TCP"]);
      const nodePort = outward && !(type === "LoadBalancer" && chance(0.2)) ? 30_000 + n * 10 + i : 0;
      return { name: `p${i}`, protocol, port: 80 + i, targetPort: 8080 + i, nodePort, cause };
    });
    const externalLocal = (outward || external.length > 0) && chance(0.5);
    services.push({
      namespace: "ns",
      name: `s${n}`,
      labels: {},
      annotations: {},
      type,
      headless: false,
      clusterIPs: [`${its.cluster}${40 + n}`],
      ipFamilies: [family],
      ports: own,
      externalIPs: external,
      loadBalancerIPs:
        type === "LoadBalancer"
          ? [
              { ip: `${its.balancer}${n}`, ipMode: "VIP" },
              ...(chance(0.3) ? [{ ip: `${its.balancer}${n + 100}`, ipMode: some(["VIP", "Proxy"] as const) }] : []),
            ]
          : [],
      loadBalancerSourceRanges: type === "LoadBalancer" && chance(0.5) ? [some(its.ranges), some(its.ranges)] : [],
      internalTrafficPolicy: chance(0.3) ? "Local" : "Cluster",
      externalTrafficPolicy: externalLocal ? "Local" : "Cluster",
      healthCheckNodePort: type === "LoadBalancer" && externalLocal ? 32_000 + n : 0,
      affinitySeconds: chance(0.3) ? 10_800 : undefined,
      publishNotReadyAddresses: false,
      cause,
    });
    const hinted = some(["none", "zones", "both", "some"] as const);
    const endpoints = Array.from({ length: below(5) }, (_, i): Endpoint => {
      const state = some(["ready", "ready", "draining", "gone", "unready"] as const);
      const node = some(["node1", "node2", "node3", undefined]);
      const zone = some(["a", "b"]);
      const withHints = hinted !== "none" && !(hinted === "some" && i === 0);
      return {
        addresses: [`${its.pod}${n * 10 + i}`],
        ready: state === "ready",
        serving: state === "ready" || state === "draining",
        terminating: state === "draining" || state === "gone",
        nodeName: node,
        ...(withHints
          ? { hints: { forZones: [zone], forNodes: hinted === "both" && node !== undefined ? [node] : [] } }
          : {}),
        cause,
      };
    });
    // Slices as the controller may cut them: by ports, an endpoint maybe in two of them.
    for (const [i, part] of [endpoints.slice(0, 3), endpoints.slice(chance(0.5) ? 2 : 3)].entries()) {
      slices.push({
        namespace: "ns",
        name: `s${n}-${i}`,
        service: `s${n}`,
        family,
        ports: own.map(({ name, protocol, targetPort }) => ({ name, protocol, port: Number(targetPort) })),
        endpoints: part,
        cause,
      });
    }
  }
  const nodePortAddresses = chance(0.3) ? its.nodePorts.slice(0, 1 + below(2)) : undefined;
  const input: ProxyInput = {
    family,
    nodeName: "node1",
    zone: some(["a", "b", undefined]),
    nodeIPs: its.node,
    podCIDR: chance(0.85) ? its.podCIDR : undefined,
    serviceCIDR: its.serviceCIDR,
    services,
    slices,
    proxy: { mode, masqueradeAll: chance(0.15), nodePortAddresses, localhostNodePorts: mode === "iptables", cause },
  };
  const pods = slices.flatMap((slice) => slice.endpoints.flatMap((one) => one.addresses));
  const senders: ServicePacket["from"][] = [
    { kind: "pod", address: `${its.pod}${six ? "ff" : "250"}` },
    ...(pods[0] === undefined ? [] : [{ kind: "pod" as const, address: pods[0] }]),
    { kind: "node", address: its.node[0] },
    ...its.outside.map((address) => ({ kind: "outside" as const, address })),
  ];
  const loopback = six ? "::1" : "127.0.0.1";
  const packets: ServicePacket[] = [];
  const add = (to: string, port: number, protocol: ServiceProtocol): void => {
    const key = `${to} ${port} ${protocol}`;
    if (ports.has(key)) return;
    ports.add(key);
    for (const from of senders) {
      if (to === loopback) {
        if (from.kind === "node") packets.push({ from: { kind: "node", address: loopback }, to, port, protocol });
      } else packets.push({ from, to, port, protocol });
    }
  };
  for (const service of services) {
    const { clusterIPs, externalIPs, loadBalancerIPs, healthCheckNodePort } = service;
    for (const { port, protocol, nodePort } of service.ports) {
      for (const to of [...clusterIPs, ...externalIPs, ...loadBalancerIPs.map(({ ip }) => ip)]) add(to, port, protocol);
      if (nodePort !== 0) for (const to of [...its.node, loopback]) add(to, nodePort, protocol);
    }
    if (healthCheckNodePort !== 0) add(its.node[0], healthCheckNodePort, "TCP");
    add(clusterIPs[0] ?? "", 9999, "TCP");
  }
  add(`${its.cluster}${six ? "fff" : "250"}`, 80, "TCP");
  return { input, packets };
}
