/** The cluster DNS: settings of `spec.cluster.dns`, the pods that serve it and the kube-dns Service in front of them. */
import type { ClusterNode } from "../kube/node/cluster-node.ts";
import type { Toleration } from "../kube/scheduler/schema.ts";
import { untolerated } from "../kube/scheduler/taints.ts";
import { DNS_NAMESPACE, DNS_SERVICE } from "../kube/service/dns-service-name.ts";
import type { ClusterDnsDocument } from "./schema.ts";
import type { Family, PerFamily } from "../net/family.ts";
import { addressAt, formatAddress, formatPrefix, type Prefix } from "../net/address.ts";
import { listEntries, readAddress } from "../syntax/address-field.ts";
import type { ClusterModel } from "./cluster.ts";
import { resolveDnsRecords } from "../fabric/resolve-dns-records.ts";
import { podName } from "../kube/pod/pod-name.ts";
import type { Scope } from "../syntax/scope.ts";
import type { ClusterDnsSpec, ServiceModel } from "../kube/service/service.ts";
import type { PodDraft } from "../kube/pod/pod-draft.ts";

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Labels of the DNS pods, as kubeadm's manifests have them. */
const LABELS = { "k8s-app": "kube-dns" } as const;
/** The ReplicaSet of kubeadm's Deployment `coredns`; only its look matters. */
const REPLICA_SET = "coredns-668d6bf9bc";
/** kube-dns has the tenth address of the range. */
const PLACE = 10n;

/** Names outside the cluster are queried in the internet, where that has a DNS server. */
function internetServers(internet: ClusterModel["internet"]): readonly string[] {
  return internet.dns !== undefined ? Object.values(internet.address) : [];
}

export function resolveClusterDns(
  doc: ClusterDnsDocument | undefined,
  ranges: PerFamily<Prefix>,
  cluster: { readonly internet: ClusterModel["internet"]; readonly hasServices: boolean },
  scope: Scope,
): ClusterDnsSpec {
  const fields = typeof doc === "object" ? doc : {};
  const enabled = typeof doc === "boolean" ? doc : (fields.enabled ?? (doc !== undefined || cluster.hasServices));
  const domain = (fields.domain ?? "cluster.local").toLowerCase().replace(/\.$/, "");
  if (!DNS_NAME.test(domain))
    scope.at("domain").error(`"${domain}" is not a DNS name`, "write for example cluster.local");
  const clusterIP: Partial<Record<Family, string>> = {};
  for (const range of Object.values(ranges)) {
    const address = addressAt(range, PLACE);
    if (address !== undefined) clusterIP[range.family] = formatAddress(address);
    else if (enabled)
      scope.error(
        `serviceCIDR ${formatPrefix(range)} is too small for the cluster DNS, which uses its tenth address`,
        "choose a larger serviceCIDR, or dns: false",
      );
  }
  const stubs = Object.entries(fields.stubDomains ?? {}).flatMap(([key, value]) => {
    const place = scope.at("stubDomains", key);
    const stub = key.toLowerCase().replace(/\.$/, "");
    if (!DNS_NAME.test(stub))
      place.keyError(`${JSON.stringify(key)} is not a DNS name`, "write for example corp.example");
    const servers = [value].flat().flatMap((text) => {
      const address = readAddress(text, place);
      return address === undefined ? [] : [formatAddress(address)];
    });
    return servers.length === 0 ? [] : [{ domain: stub, servers }];
  });
  const [records] = fields.records === undefined ? [] : resolveDnsRecords(fields.records, scope.at("records")).zones;
  const upstream = listEntries(fields.upstream, scope.at("upstream")).flatMap(({ text, scope: place }) => {
    const address = readAddress(text, place);
    return address === undefined ? [] : [formatAddress(address)];
  });
  return {
    enabled,
    domain,
    clusterIP,
    replicas: fields.replicas ?? 2,
    pods: fields.pods ?? "insecure",
    ttl: fields.ttl ?? 30,
    ...(fields.zonal === undefined ? {} : { zonal: fields.zonal }),
    ...(fields.synced === undefined ? {} : { synced: fields.synced }),
    ...(fields.ignoreEmptyService === undefined ? {} : { ignoreEmptyService: fields.ignoreEmptyService }),
    ...(stubs.length === 0 ? {} : { stubs }),
    ...(records?.kind === "records" ? { records: { ...records, fallthrough: true } } : {}),
    upstream: fields.upstream === undefined ? internetServers(cluster.internet) : upstream,
  };
}

/** Those of the CoreDNS that kubeadm installs. */
const TOLERATIONS: readonly Toleration[] = [
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
];

/** The pods of Deployment kube-system/coredns, on the nodes in turn. */
export function dnsPods(
  dns: ClusterDnsSpec,
  nodes: readonly Pick<ClusterNode, "name" | "taints">[],
  scope: Scope,
): readonly PodDraft[] {
  if (!dns.enabled) return [];
  const free = nodes.filter((node) => untolerated({ tolerations: TOLERATIONS }, node) === undefined);
  const hosts = free.length > 0 ? free : nodes;
  const port = (name: string, containerPort: number, protocol: "TCP" | "UDP") => ({ name, containerPort, protocol });
  return Array.from({ length: dns.replicas }, (_, i) => ({
    namespace: DNS_NAMESPACE,
    name: podName(DNS_NAMESPACE, REPLICA_SET, i, new Set()),
    labels: { ...LABELS, "pod-template-hash": REPLICA_SET.slice("coredns-".length) },
    spec: {
      containers: [{ name: "coredns", ports: [port("dns", 53, "UDP"), port("dns-tcp", 53, "TCP")] }],
      dnsPolicy: "Default",
      nodeName: hosts[i % hosts.length]?.name,
    },
    system: true,
    owner: { kind: "Deployment", name: "coredns" },
    object: `Deployment ${DNS_NAMESPACE}/coredns`,
    scope,
    specScope: scope,
  }));
}

/** The Service in front of them, in each family that the cluster has. */
export function dnsService(dns: ClusterDnsSpec, families: readonly Family[], scope: Scope): ServiceModel {
  const cause = scope.cause(`Service ${DNS_NAMESPACE}/${DNS_SERVICE}`, "cluster DNS");
  const port = (name: string, protocol: "TCP" | "UDP") => ({
    name,
    protocol,
    port: 53,
    targetPort: 53,
    nodePort: 0,
    cause,
  });
  return {
    namespace: DNS_NAMESPACE,
    name: DNS_SERVICE,
    labels: { ...LABELS, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
    annotations: {},
    type: "ClusterIP",
    headless: false,
    clusterIPs: families.flatMap((family) => dns.clusterIP[family] ?? []),
    ipFamilies: families.filter((family) => dns.clusterIP[family] !== undefined),
    ports: [port("dns", "UDP"), port("dns-tcp", "TCP")],
    selector: LABELS,
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

/** With the address of the Service that really is kube-system/kube-dns: a lab may bring its own. */
export function dnsAddress(dns: ClusterDnsSpec, services: readonly ServiceModel[]): ClusterDnsSpec {
  const service = services.find((one) => one.namespace === DNS_NAMESPACE && one.name === DNS_SERVICE);
  if (service === undefined) return dns;
  return {
    ...dns,
    clusterIP: Object.fromEntries(
      service.ipFamilies
        .map((family, i) => [family, service.clusterIPs[i]])
        .filter(([, address]) => address !== undefined),
    ),
  };
}
