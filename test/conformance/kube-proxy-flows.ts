/** Upstream's packet flow tables (shared/conformance/kube-proxy) as inputs of a proxy and packets with what must become of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServicePacket } from "../../src/oracle/service/service-frontend.ts";
import type { EndpointSliceModel, KubeProxySpec, ProxyInput, ServiceModel } from "../../src/kube/service/service.ts";
import type { ServiceProtocol } from "../../src/net/protocol.ts";
import { CONFORMANCE } from "./data.ts";

export interface Flow {
  readonly name: string;
  readonly packet: ServicePacket;
  /** Endpoints, or [REJECT], [DROP], [ACCEPT], or [] for "left alone". */
  readonly output: readonly string[];
  readonly masq: boolean;
}

export interface FlowStage {
  /** `TestNodePorts: ipv6, localhost-nodeports disabled (stage 1)`. */
  readonly title: string;
  readonly input: ProxyInput;
  readonly flows: readonly Flow[];
}

interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface ServiceObject {
  readonly kind: "Service";
  readonly metadata: Metadata;
  readonly spec: {
    readonly type?: ServiceModel["type"];
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly externalIPs?: readonly string[];
    readonly ports?: readonly {
      readonly name?: string;
      readonly protocol?: ServiceProtocol;
      readonly port: number;
      readonly targetPort?: number | string;
      readonly nodePort?: number;
    }[];
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly internalTrafficPolicy?: "Cluster" | "Local";
    readonly externalTrafficPolicy?: "Cluster" | "Local";
    readonly healthCheckNodePort?: number;
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly selector?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly ipMode?: "VIP" | "Proxy" }[];
    };
  };
}
interface SliceObject {
  readonly kind: "EndpointSlice";
  readonly metadata: Metadata;
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol?: ServiceProtocol }[];
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly nodeName?: string;
    readonly hostname?: string;
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  }[];
}
interface Config {
  readonly ipFamily?: "IPv4" | "IPv6";
  readonly localhostNodePorts?: boolean;
  readonly nodePortAddresses?: readonly string[] | null;
  readonly masqueradeAll?: boolean;
  readonly localDetector?: boolean;
  readonly serviceCIDRs?: readonly string[];
}
interface Table {
  readonly constants: { readonly nodeName: string; readonly nodeIPs: readonly string[] };
  readonly cases: readonly {
    readonly test: string;
    readonly name: string;
    readonly config: Config;
    readonly stages: readonly {
      readonly objects: readonly (ServiceObject | SliceObject)[];
      readonly flows: readonly {
        readonly name: string;
        readonly sourceIP: string;
        readonly protocol: ServiceProtocol;
        readonly destIP: string;
        readonly destPort: number;
        readonly output: readonly string[];
        readonly masq: boolean;
      }[];
    }[];
  }[];
}

const cause = { source: undefined, object: "conformance", reason: "test data" };

/** As the API server stores it: canonical addresses, defaults filled. */
function canonicalIP(text: string): string {
  return text.includes(":") ? text : text.split(".").map(Number).join(".");
}

export function serviceOf({ metadata, spec, status }: ServiceObject): ServiceModel {
  const ips = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const headless = ips.includes("None");
  const clusterIPs = headless ? [] : ips.filter((ip) => ip !== "").map(canonicalIP);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    type: spec.type ?? "ClusterIP",
    headless,
    clusterIPs,
    ipFamilies: clusterIPs.map((ip) => (ip.includes(":") ? "ipv6" : "ipv4")),
    externalName: spec.externalName,
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? "",
      protocol: port.protocol ?? "TCP",
      port: port.port,
      targetPort: port.targetPort ?? port.port,
      nodePort: port.nodePort ?? 0,
      cause,
    })),
    selector: spec.selector,
    externalIPs: (spec.externalIPs ?? []).map(canonicalIP),
    loadBalancerIPs: (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
      ip === undefined ? [] : [{ ip: canonicalIP(ip), ipMode: ipMode ?? "VIP" }],
    ),
    loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).map((cidr) =>
      cidr.trim().replace(/^([^/]+)\/0*(\d)/, (_, ip: string, bits: string) => `${canonicalIP(ip)}/${bits}`),
    ),
    internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster",
    externalTrafficPolicy: spec.externalTrafficPolicy ?? "Cluster",
    healthCheckNodePort: spec.healthCheckNodePort ?? 0,
    affinitySeconds:
      spec.sessionAffinity === "ClientIP"
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
        : undefined,
    publishNotReadyAddresses: false,
    cause,
  };
}

export function sliceOf({ metadata, addressType, ports, endpoints }: SliceObject): EndpointSliceModel {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    service: metadata.labels?.["kubernetes.io/service-name"] ?? "",
    family: addressType === "IPv6" ? "ipv6" : "ipv4",
    ports: ports.map((port) => ({ name: port.name ?? "", port: port.port, protocol: port.protocol ?? "TCP" })),
    endpoints: endpoints.map(({ addresses, nodeName, hostname, conditions }) => {
      const ready = conditions?.ready ?? true;
      return {
        addresses: addresses.map(canonicalIP),
        ready,
        serving: conditions?.serving ?? ready,
        terminating: conditions?.terminating ?? false,
        nodeName,
        hostname,
        cause,
      };
    }),
    cause,
  };
}

function read(mode: "iptables" | "nftables"): Table {
  return JSON.parse(readFileSync(join(CONFORMANCE, "kube-proxy", `packet-flows-${mode}.json`), "utf8")) as Table;
}

function inPodNetwork(address: string): boolean {
  return address.startsWith("10.") || address.startsWith("fd00:10:") || address === "fd00:10::2";
}

/** Every stage of every case of the table. */
export function flowStages(mode: "iptables" | "nftables"): readonly FlowStage[] {
  const { constants, cases } = read(mode);
  return cases.flatMap(({ test, name, config, stages }) =>
    stages.map(({ objects, flows }, stage): FlowStage => {
      const family = config.ipFamily === "IPv6" ? "ipv6" : "ipv4";
      const podCIDR = family === "ipv4" ? "10.0.0.0/8" : "fd00:10::/64";
      const nodeIPs = constants.nodeIPs.filter((ip) => ip.includes(":") === (family === "ipv6"));
      const proxy: KubeProxySpec = {
        mode,
        masqueradeAll: config.masqueradeAll ?? false,
        nodePortAddresses: config.nodePortAddresses ?? undefined,
        localhostNodePorts: config.localhostNodePorts ?? mode === "iptables",
        cause,
      };
      const services = objects.filter((object) => object.kind === "Service").map(serviceOf);
      const isNode = (ip: string): boolean =>
        nodeIPs.includes(ip) ||
        ip === "127.0.0.1" ||
        ip === "::1" ||
        services.some((s) => s.loadBalancerIPs.some((entry) => entry.ip === ip));
      return {
        title: `${test}: ${name}${stages.length > 1 ? ` (stage ${stage + 1})` : ""}`,
        input: {
          family,
          nodeName: constants.nodeName,
          nodeIPs,
          podCIDR: config.localDetector === false ? undefined : podCIDR,
          serviceCIDR: family === "ipv4" ? (config.serviceCIDRs?.[0] ?? "172.30.0.0/16") : "fd00:172:30::/64",
          services,
          slices: objects.filter((object) => object.kind === "EndpointSlice").map(sliceOf),
          proxy,
        },
        flows: flows.map((flow) => ({
          name: flow.name,
          packet: {
            from: {
              kind: isNode(flow.sourceIP) ? "node" : inPodNetwork(flow.sourceIP) ? "pod" : "outside",
              address: flow.sourceIP,
            },
            to: flow.destIP,
            port: flow.destPort,
            protocol: flow.protocol,
          },
          output: flow.output,
          masq: flow.masq,
        })),
      };
    }),
  );
}
