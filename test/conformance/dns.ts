/** The DNS conformance data (shared/conformance/dns) as servers to ask, questions and what must come back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DnsRecord } from "../../src/services/dns/reply.ts";
import { Responder } from "../../src/services/dns/responder.ts";
import type { DnsEndpoints, DnsService, KubernetesZone } from "../../src/resources/dns/zone.ts";
import type { EndpointSliceModel, ServiceModel } from "../../src/kube/service/service.ts";
import type { ServiceProtocol } from "../../src/net/protocol.ts";
import { kubernetesZone } from "../../src/cluster/compile/dns-zone.ts";
import { absence, CONFORMANCE } from "./data.ts";

const folder = join(CONFORMANCE, "dns");

/** Why these tests are skipped; undefined when the data is there. */
export const DNS_ABSENT = absence("dns");

interface Manifest {
  readonly kind: "Namespace" | "Service" | "EndpointSlice" | "Pod" | "ServiceImport";
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ips?: readonly string[];
    readonly externalName?: string;
    readonly ports?: readonly { readonly name?: string; readonly protocol?: ServiceProtocol; readonly port: number }[];
  };
  readonly addressType?: "IPv4" | "IPv6";
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly hostname?: string;
    readonly zone?: string;
    readonly conditions?: { readonly ready?: boolean };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly protocol?: ServiceProtocol; readonly port: number }[];
  readonly status?: { readonly podIP?: string };
}

interface Fixture {
  readonly zone?: string;
  readonly zones?: readonly string[];
  readonly objects: readonly Manifest[];
}

interface Config {
  readonly ttl?: number;
  readonly pods?: KubernetesZone["pods"];
  readonly namespacesExposed?: "all" | readonly string[];
  readonly upstream?: readonly string[];
  readonly multicluster?: boolean;
  readonly ignoreEmptyService?: boolean;
  readonly notSynced?: boolean;
  readonly zonal?: boolean;
}

export interface DnsCase {
  readonly id: string;
  readonly group?: string;
  readonly fixture: string;
  readonly config?: Config;
  readonly query: { readonly name: string; readonly type: string };
  readonly expect: {
    readonly rcode: string;
    readonly answer: readonly string[];
    readonly authority?: readonly string[];
    readonly additional?: readonly string[];
  };
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
}

export function dnsCases(name: "spec.json" | "coredns.json"): readonly DnsCase[] {
  return DNS_ABSENT === undefined ? read<{ cases: DnsCase[] }>(name).cases : [];
}

const cause = { object: "fixture", reason: "fixture" };
const ports = (of: Manifest["ports"]): DnsService["ports"] =>
  (of ?? []).map(({ name = "", protocol = "TCP", port }) => ({ name, protocol, port }));

function serviceModel({ metadata, spec = {} }: Manifest): ServiceModel {
  const external = spec.type === "ExternalName";
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const headless = clusterIPs[0] === "None";
  return {
    namespace: metadata.namespace ?? "default", name: metadata.name, labels: {}, annotations: {},
    type: external ? "ExternalName" : "ClusterIP", headless,
    clusterIPs: headless || external ? [] : clusterIPs, ipFamilies: [], externalName: spec.externalName,
    ports: ports(spec.ports).map((port) => ({ ...port, targetPort: port.port, nodePort: 0, cause })),
    externalIPs: [], loadBalancerIPs: [], loadBalancerSourceRanges: [], internalTrafficPolicy: "Cluster", externalTrafficPolicy: "Cluster",
    healthCheckNodePort: 0, publishNotReadyAddresses: false, cause,
  }; // prettier-ignore
}

function sliceModel({ metadata, addressType, endpoints = [], ports: given }: Manifest): EndpointSliceModel {
  return {
    namespace: metadata.namespace ?? "default", name: metadata.name, service: metadata.labels?.["kubernetes.io/service-name"] ?? "",
    family: addressType === "IPv6" ? "ipv6" : "ipv4", ports: ports(given), cause,
    endpoints: endpoints.map(({ addresses, hostname, zone, conditions }) => ({ addresses, hostname, zone, ready: conditions?.ready ?? true, serving: true, terminating: false, cause })),
  }; // prettier-ignore
}

/** What a cluster imports from others (MCS API); the model has no such objects yet. */
function imported(objects: readonly Manifest[]): Pick<KubernetesZone, "services" | "endpoints"> {
  const services = objects.filter(({ kind }) => kind === "ServiceImport").map(({ metadata, spec }): DnsService => ({
    namespace: metadata.namespace ?? "default", name: metadata.name, clusterIPs: spec?.ips ?? [], ports: ports(spec?.ports),
  })); // prettier-ignore
  const endpoints = objects.filter(({ kind }) => kind === "EndpointSlice").map(({ metadata, endpoints: all, ports: given }): DnsEndpoints => ({
    namespace: metadata.namespace ?? "default",
    service: metadata.labels?.["multicluster.kubernetes.io/service-name"] ?? "",
    cluster: metadata.labels?.["multicluster.kubernetes.io/source-cluster"],
    ports: ports(given),
    addresses: (all ?? []).map(({ addresses, hostname }) => ({ ip: addresses[0] ?? "", hostname })),
  })); // prettier-ignore
  return { services, endpoints };
}

function zoneOf(fixture: Fixture, config: Config): KubernetesZone {
  const { objects } = fixture;
  const of = (kind: Manifest["kind"]): Manifest[] => objects.filter((it) => it.kind === kind);
  const exposed = config.namespacesExposed ?? "all";
  const zone = kubernetesZone(
    {
      dns: { domain: "cluster.local", ttl: config.ttl ?? 5, pods: config.pods ?? "disabled", zonal: config.zonal, ignoreEmptyService: config.ignoreEmptyService, synced: config.notSynced !== true },
      namespaces: of("Namespace").map((it) => ({ name: it.metadata.name })).filter(({ name }) => exposed === "all" || exposed.includes(name)),
      services: of("Service").map(serviceModel),
      slices: of("EndpointSlice").map(sliceModel),
      pods: of("Pod").map((pod) => ({ namespace: pod.metadata.namespace ?? "default", address: { ipv4: pod.status?.podIP } })),
    },
    ["127.0.0.1"],
  ); // prettier-ignore
  const given = fixture.zones?.map((domain) => domain.replace(/\.$/, ""));
  return {
    ...zone,
    ...(given === undefined ? {} : { domains: given, fallthrough: [] }),
    ...(config.multicluster === true ? { ...imported(objects), multicluster: true } : {}),
  };
}

/** A server with the case's objects. Its upstream knows the case's records. */
export function serverOf({ fixture, config = {} }: DnsCase): Responder {
  const objects = read<Record<string, Fixture>>("fixtures.json")[fixture];
  if (objects === undefined) throw new Error(`no fixture ${fixture}`);
  const { upstream } = config;
  const known = (upstream ?? []).map((line) => line.split(" "));
  const forward = upstream === undefined ? [] : ["192.0.2.53"];
  return new Responder({ port: 53, zones: [zoneOf(objects, config)], forward }, 1, async ({ name, type }) =>
    known.flatMap(([owner, , , kind, data = ""]): DnsRecord[] =>
      owner === `${name}.` && kind === type && (kind === "A" || kind === "AAAA")
        ? [{ type: kind, name, ttl: 5, data }]
        : [],
    ),
  );
}

const dotted = (name: string): string => (name.endsWith(".") ? name : `${name}.`);

/** The data of a record as a zone file has it. */
export function dataText(record: DnsRecord): string {
  switch (record.type) {
    case "SRV":
      return `${record.data.priority ?? 0} ${record.data.weight ?? 0} ${record.data.port} ${dotted(record.data.target)}`;
    case "SOA":
      return `${dotted(record.data.mname)} ${dotted(record.data.rname)} SERIAL`;
    case "TXT":
      return [record.data].flat().map((text) => JSON.stringify(text.toString())).join(" "); // prettier-ignore
    case "A":
    case "AAAA":
      return record.data;
    default:
      return dotted(record.data);
  }
}

/** A zone-file line without its TTL; an SOA's serial and times do not count. */
export function recordText(record: DnsRecord): string {
  return `${dotted(record.name)} IN ${record.type} ${dataText(record)}`;
}

export function expectedText(line: string): string {
  const [name = "", , , type = "", ...data] = line.split(" ");
  return `${name} IN ${type} ${(type === "SOA" ? [...data.slice(0, 2), "SERIAL"] : data).join(" ")}`;
}
