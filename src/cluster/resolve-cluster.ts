/** The cluster layer: ranges, nodes, CNI, internet and pods, with every address assigned. */
import type { ClusterDocument } from "./schema.ts";
import type { Family } from "../net/family.ts";
import { formatPrefix } from "../net/address.ts";
import { clusterPath, namespacedName } from "../net/object-ref.ts";
import { calicoObjects, checkCalicoReferences } from "./calico-references.ts";
import { dnsAddress, dnsPods, dnsService, resolveClusterDns } from "./cluster-dns.ts";
import type { ClusterModel, Internet } from "./cluster.ts";
import { resolveIngresses, warnOfIngresses } from "./ingress/resolve-ingress.ts";
import { resolveInternet } from "./internet.ts";
import { pluginNamed } from "./cni/registry.ts";
import { knownPolicies, resolveNetwork } from "./resolve-network.ts";
import { deriveSlices } from "../kube/endpoint-slice/endpoint-slices.ts";
import { warnUnlimited } from "../kube/pod/bandwidth.ts";
import { perFamilyText } from "../kube/pod/ipam.ts";
import { UNTOUCHED } from "../kube/workload/live-state.ts";
import { balancerAddresses, clusterMetallb, heldAddresses, namedServices } from "./load-balancer.ts";
import { checkMetallb } from "./metallb/check-sessions.ts";
import { resolveRouterBgp } from "./resolve-router-bgp.ts";
import { resolveRanges } from "./ranges.ts";
import { resolveClusterNodes } from "./resolve-cluster-nodes.ts";
import type { LabSubnets } from "./resolve-cluster-nodes.ts";
import { proxyMode } from "./kube-proxy/modes.ts";
import {
  resolveKubeProxy,
  resolveNodeProxies,
  resolveServiceProxy,
  warnOfHiddenClients,
  checkPolicyPlace,
} from "./resolve-kube-proxy.ts";
import { resolvePods } from "../kube/pod/resolve-pod.ts";
import { resolveServices, warnSharedAddresses, warnUnmatched } from "../kube/service/resolve-service.ts";
import { mirrorEndpoints } from "../kube/endpoints/mirrored-endpoints.ts";
import { apiSlices, isApiSlice, resolveSlices } from "../kube/endpoint-slice/resolve-slice.ts";
import type { Scope } from "../syntax/scope.ts";
import { withStandIns } from "../kube/pod/stand-ins.ts";
import type { Workloads } from "../kube/workload/workload.ts";
import { workloadPods } from "../kube/workload/workload-pods.ts";

const DEFAULT_MTU = 1500;

/** What a cluster has to know of the lab that it is in. */
export interface LabPlace {
  readonly name: string;
  /** Which of the lab's clusters it is, from 0. */
  readonly index: number;
  /** The lab's internet, where another cluster says what it has. */
  readonly internet?: Internet | undefined;
  /** Underlay subnets of the clusters before it; its own are added. */
  readonly subnets: LabSubnets;
  /** MTU of the wire between the nodes, where known; the underlay does not exceed it. */
  readonly wire?: number | undefined;
}

/** `less`: bytes that the wire between the nodes subtracts from pods' packets. */
export function resolveCluster(
  doc: ClusterDocument,
  workloads: Workloads,
  scope: Scope,
  lab: LabPlace,
): { cluster: ClusterModel; families: readonly Family[]; less: number } {
  const { wire } = lab;
  const path = clusterPath(lab.name);
  const plugin = pluginNamed(doc.cni?.plugin);
  const ranges = resolveRanges(doc, plugin, scope, lab.index);
  const { families } = ranges;
  const { nodes, switches, pools } = resolveClusterNodes(doc, ranges, plugin, scope, workloads, lab);
  const internet = resolveInternet(doc, ranges.internet, scope.at("internet"), path, lab.internet);
  const metallb = clusterMetallb(doc, workloads, nodes, plugin, scope);
  const balancers = balancerAddresses(
    doc,
    metallb,
    { families, nodes, switches, namespaces: workloads.namespaces },
    scope,
  );
  const { hasServices } = workloads;
  const dns = resolveClusterDns(doc.dns, ranges.serviceCIDR, { internet, hasServices }, scope.at("dns"));
  const services = resolveServices(
    workloads,
    dns.enabled ? dnsService(dns, families, scope.at("dns")) : undefined,
    {
      families,
      serviceCIDR: ranges.serviceCIDR,
      loadBalancer: balancers.addresses,
      held: heldAddresses(workloads.running),
    },
    scope,
  );
  const kubeProxy =
    resolveServiceProxy(plugin, doc, scope, path) ??
    resolveKubeProxy(doc.kubeProxy, scope.at("kubeProxy"), `${path}.kubeProxy`);
  const proxied = resolveNodeProxies(doc.nodes, nodes, kubeProxy, scope.at("nodes"), lab.name);
  const taken = new Set(workloads.pods.flatMap((one) => ("name" in one ? namespacedName(one) : [])));
  const live = workloads.running?.live ?? UNTOUCHED;
  const made = workloads.pods.flatMap((one) =>
    "name" in one ? [one] : workloadPods(one, nodes, taken, live, workloads.budget),
  );
  const own = withStandIns(made, workloads.lacking);
  const drafts = [...own, ...dnsPods(dns, nodes, scope.at("dns"))];
  const asked = doc.mtu ?? DEFAULT_MTU;
  const mtu = Math.min(asked, wire ?? asked);
  const { podCIDR } = ranges;
  const flat = doc.flat === true;
  const { ipPools, eniConfigs, securityGroupPolicies, serviceAccounts, bgp } = workloads;
  const routerBgp = resolveRouterBgp(doc, scope);
  const places = new Map(
    doc.nodes.map((node, i) => [typeof node === "string" ? node : node.name, scope.at("nodes", i)]),
  );
  const manifests = { ipPools, eniConfigs, securityGroupPolicies, serviceAccounts, bgp };
  const facts = {
    ...manifests,
    families,
    podCIDR,
    internet,
    nodes: proxied,
    switches,
    kubeProxy,
    places,
    flat,
    routerBgp,
    mtu,
    loadBalancer: balancers.ranges,
  };
  const settings = resolveNetwork(plugin, doc, facts, scope);
  const running = workloads.running?.cluster?.cni;
  const before = running?.plugin === plugin.name ? running : undefined;
  const addresses = plugin.ipam.pools(nodes, podCIDR, settings, before, {
    switches,
    pools,
    reserved: balancers.ranges,
  });
  const pods = resolvePods(
    drafts,
    nodes,
    families,
    {
      addresses: (node) => addresses.of(node),
      podAddresses: (node, pod) => addresses.ofPod?.(node, pod),
      device: plugin.podDevice && ((pod) => plugin.podDevice?.(pod, settings) ?? ""),
      limit: (node) => plugin.podLimit?.(settings, node),
    },
    { services, configs: workloads.configs, namespaces: workloads.namespaces },
    workloads.running,
  );
  const cni = { ...settings, ...addresses.settled?.() };
  if (plugin.external !== true) warnUnlimited(own, plugin.name);
  const given = [
    ...resolveSlices(workloads.slices, services, nodes),
    ...mirrorEndpoints(workloads.endpoints, services, nodes),
  ];
  warnUnmatched(workloads.services, pods);
  warnSharedAddresses(workloads.services);
  for (const one of new Set([kubeProxy, ...proxied.flatMap((node) => node.kubeProxy ?? [])]))
    proxyMode(one).check?.(services, families, scope.at("kubeProxy"));
  const slices = deriveSlices(
    services,
    pods,
    [...(given.some(isApiSlice) ? [] : apiSlices(services, nodes)), ...given],
    nodes,
  );
  const ingress = resolveIngresses(workloads, pods);
  if (ingress !== undefined) warnOfIngresses({ ...ingress, services, slices }, workloads);
  const clusterPolicies = knownPolicies(plugin, workloads.clusterPolicies, scope);
  checkCalicoReferences(workloads.calico, nodes);
  const calico = calicoObjects(workloads.calico);
  const hasPolicies = workloads.policies.length + clusterPolicies.length + workloads.calico.policies.length > 0;
  if (hasPolicies && hasServices) warnOfHiddenClients(kubeProxy, proxied, scope.at("kubeProxy"));
  if (hasPolicies) checkPolicyPlace(plugin, kubeProxy, proxied, scope.at("kubeProxy"));
  const cluster: ClusterModel = {
    name: lab.name,
    nodes: proxied,
    switches,
    podCIDR: perFamilyText(podCIDR, formatPrefix),
    serviceCIDR: perFamilyText(ranges.serviceCIDR, formatPrefix),
    cni,
    networkPolicy: {
      backend: doc.networkPolicy?.backend ?? plugin.policyBackend?.(doc.cni ?? {}) ?? "iptables",
      log: doc.networkPolicy?.log ?? true,
      cause: scope.at("networkPolicy").cause(`${path}.networkPolicy`, "NetworkPolicy enforcement"),
    },
    mtu,
    ...(wire === undefined ? {} : { wireMtu: wire }),
    internet,
    ...(flat ? { flat } : {}),
    ...(routerBgp === undefined ? {} : { routerBgp }),
    loadBalancer: { ranges: balancers.ranges.map(formatPrefix) },
    ...(metallb === undefined ? {} : { metallb }),
    kubeProxy,
    dns: dnsAddress(dns, services),
    services,
    slices,
    namespaces: workloads.namespaces,
    pods,
    workloadKinds: workloads.kinds,
    policies: workloads.policies,
    clusterPolicies,
    ...(calico === undefined ? {} : { calico }),
    ...(workloads.serviceAccounts.length === 0 ? {} : { serviceAccounts: workloads.serviceAccounts }),
    ...(ingress === undefined ? {} : { ingress }),
    cause: scope.cause(path, "cluster"),
  };
  checkMetallb(cluster, workloads.metallb, namedServices(workloads.services), scope);
  return {
    families,
    // Pods with an MTU of their own send no less.
    less: cni.mtu === undefined ? asked - mtu : 0,
    cluster,
  };
}
