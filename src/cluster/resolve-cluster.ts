/** The cluster layer: ranges, nodes, CNI, internet and pods, with every address assigned. */
import type { ClusterDocument } from "./schema.ts";
import type { Family, PerFamily } from "../net/family.ts";
import { addressAt, formatAddress, formatPrefix, prefixSize } from "../net/address.ts";
import type { Prefix } from "../net/address.ts";
import { dnsAddress, dnsPods, dnsService, resolveClusterDns } from "./cluster-dns.ts";
import type { ClusterModel } from "./cluster.ts";
import { pluginNamed } from "./cni/registry.ts";
import { resolveNetwork } from "./resolve-network.ts";
import { deriveSlices } from "../kube/endpoint-slice/endpoint-slices.ts";
import { perFamilyText } from "../kube/pod/ipam.ts";
import { UNTOUCHED } from "../kube/workload/live-state.ts";
import { loadBalancerPools, resolveLoadBalancer } from "./load-balancer.ts";
import { resolveRanges } from "./ranges.ts";
import { resolveClusterNodes } from "./resolve-cluster-nodes.ts";
import { resolveKubeProxy, resolveNodeProxies, warnOfHiddenClients } from "./resolve-kube-proxy.ts";
import { resolveDnsRecords } from "../fabric/resolve-dns-records.ts";
import { readServer } from "../fabric/resolve-node.ts";
import { resolvePods } from "../kube/pod/resolve-pod.ts";
import { resolveServices, warnSharedAddresses, warnUnmatched } from "../kube/service/resolve-service.ts";
import { mirrorEndpoints } from "../kube/endpoints/mirrored-endpoints.ts";
import { apiSlices, isApiSlice, resolveSlices } from "../kube/endpoint-slice/resolve-slice.ts";
import type { Scope } from "../syntax/scope.ts";
import { withStandIns } from "../kube/pod/stand-ins.ts";
import type { Workloads } from "../kube/workload/workload.ts";
import { workloadPods } from "../kube/workload/workload-pods.ts";

const DEFAULT_MTU = 1500;
/** The internet's own address: .10 (::10), or the second host of a small range. */
function internetAddress(prefix: Prefix): string {
  const wanted = prefix.family === "ipv4" ? 10n : 0x10n;
  const address = addressAt(prefix, wanted < prefixSize(prefix) - 1n ? wanted : 2n) ?? prefix;
  return formatAddress(address);
}

function resolveInternet(doc: ClusterDocument, subnets: PerFamily<Prefix>, scope: Scope): ClusterModel["internet"] {
  const seen = new Set<number>();
  const servers = (doc.internet?.servers ?? []).flatMap((value, i) => {
    const place = scope.at("servers", i);
    const server = readServer(value, place);
    if (server === undefined) return [];
    if (server.protocol !== "tcp") {
      place.error(
        `the internet's servers are TCP ports, not ${server.protocol}`,
        "for UDP add spec.topology.nodes.internet.servers: [53/udp]",
      );
      return [];
    }
    if (seen.has(server.port)) place.error(`duplicate server on port ${server.port}`, "name each port once");
    seen.add(server.port);
    if (server.port === 53 && doc.internet?.dns !== undefined)
      place.error("port 53 is the DNS server's", "remove it from servers, or remove dns");
    return [server.port];
  });
  const records = doc.internet?.dns;
  const dns =
    records === undefined
      ? undefined
      : {
          ...resolveDnsRecords(records, scope.at("dns")),
          cause: scope.at("dns").cause("spec.cluster.internet", "DNS server of the internet"),
        };
  return {
    subnet: perFamilyText(subnets, formatPrefix),
    router: perFamilyText(subnets, (prefix) => formatAddress(addressAt(prefix, 1n) ?? prefix)),
    address: perFamilyText(subnets, internetAddress),
    servers: doc.internet?.servers === undefined ? [80] : servers,
    ...(dns === undefined ? {} : { dns }),
  };
}

/** `wire`: MTU of the wire between the nodes, where known; the underlay does not exceed it. `less`: bytes that it subtracts from pods' packets. */
export function resolveCluster(
  doc: ClusterDocument,
  workloads: Workloads,
  scope: Scope,
  wire?: number,
): { cluster: ClusterModel; families: readonly Family[]; less: number } {
  const ranges = resolveRanges(doc, scope);
  const { families } = ranges;
  const plugin = pluginNamed(doc.cni?.plugin);
  const { nodes, switches } = resolveClusterNodes(doc, ranges, plugin.ipam, scope, workloads);
  const internet = resolveInternet(doc, ranges.internet, scope.at("internet"));
  const loadBalancer = resolveLoadBalancer(doc, families, switches, scope);
  const { hasServices } = workloads;
  const dns = resolveClusterDns(doc.dns, ranges.serviceCIDR, { internet, hasServices }, scope.at("dns"));
  const services = resolveServices(
    workloads,
    dns.enabled ? dnsService(dns, families, scope.at("dns")) : undefined,
    { families, serviceCIDR: ranges.serviceCIDR, loadBalancer: loadBalancerPools(loadBalancer, nodes, switches) },
    scope,
  );
  const kubeProxy = resolveKubeProxy(doc.kubeProxy, scope.at("kubeProxy"), "spec.cluster.kubeProxy");
  const taken = new Set(workloads.pods.flatMap((one) => ("name" in one ? `${one.namespace}/${one.name}` : [])));
  const live = workloads.running?.live ?? UNTOUCHED;
  const made = workloads.pods.flatMap((one) =>
    "name" in one ? [one] : workloadPods(one, nodes, taken, live, workloads.budget),
  );
  const own = withStandIns(made, workloads.lacking);
  const drafts = [...own, ...dnsPods(dns, nodes, scope.at("dns"))];
  const pods = resolvePods(
    drafts,
    nodes,
    families,
    plugin.ipam.pools,
    { services, configs: workloads.configs, namespaces: workloads.namespaces },
    workloads.running,
  );
  const given = [
    ...resolveSlices(workloads.slices, services, nodes),
    ...mirrorEndpoints(workloads.endpoints, services, nodes),
  ];
  warnUnmatched(workloads.services, pods);
  warnSharedAddresses(workloads.services);
  const asked = doc.mtu ?? DEFAULT_MTU;
  const mtu = Math.min(asked, wire ?? asked);
  const cni = resolveNetwork(plugin, doc, { families, nodes, switches, mtu }, scope);
  const proxied = resolveNodeProxies(doc.nodes, nodes, kubeProxy, scope.at("nodes"));
  const hasPolicies = workloads.policies.length + workloads.clusterPolicies.length > 0;
  if (hasPolicies && hasServices) warnOfHiddenClients(kubeProxy, proxied, scope.at("kubeProxy"));
  return {
    families,
    // Pods with an MTU of their own send no less.
    less: cni.mtu === undefined ? asked - mtu : 0,
    cluster: {
      nodes: proxied,
      switches,
      podCIDR: perFamilyText(ranges.podCIDR, formatPrefix),
      serviceCIDR: perFamilyText(ranges.serviceCIDR, formatPrefix),
      cni,
      networkPolicy: {
        backend: doc.networkPolicy?.backend ?? "iptables",
        log: doc.networkPolicy?.log ?? true,
        cause: scope.at("networkPolicy").cause("spec.cluster.networkPolicy", "NetworkPolicy enforcement"),
      },
      mtu,
      ...(wire === undefined ? {} : { wireMtu: wire }),
      internet,
      loadBalancer: { cidr: perFamilyText(loadBalancer, formatPrefix) },
      kubeProxy,
      dns: dnsAddress(dns, services),
      services,
      slices: deriveSlices(
        services,
        pods,
        [...(given.some(isApiSlice) ? [] : apiSlices(services, nodes)), ...given],
        nodes,
      ),
      namespaces: workloads.namespaces,
      pods,
      workloadKinds: workloads.kinds,
      policies: workloads.policies,
      clusterPolicies: workloads.clusterPolicies,
      cause: scope.cause("spec.cluster", "cluster"),
    },
  };
}
