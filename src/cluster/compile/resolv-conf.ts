/** /etc/resolv.conf of nodes and pods, as kubelet (pkg/kubelet/network/dns) and containerd write it. */
import type { ClusterModel } from "../cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import { perFamily } from "../../net/families.ts";

interface ResolverSettings {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  /** `ndots:5`, `rotate`. */
  readonly options: readonly string[];
}

/** kubelet's limits: anything beyond them is left out (pkg/apis/core/validation). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

/** The node's resolver is the internet's, where that has one. */
function nodeSettings({ internet }: ClusterModel): ResolverSettings {
  const nameservers = internet.dns === undefined ? [] : perFamily(internet.address).map(([, address]) => address);
  return { nameservers, searches: [], options: [] };
}

/** The policy that counts: without a cluster DNS everything is Default, and for pods of the host's network too. */
function effectivePolicy({ dns }: ClusterModel, pod: PodModel): "ClusterFirst" | "Default" | "None" {
  const { policy } = pod.dns;
  if (policy === "None") return "None";
  const first = policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !pod.hostNetwork);
  return first && dns.enabled ? "ClusterFirst" : "Default";
}

function policySettings(cluster: ClusterModel, pod: PodModel): ResolverSettings {
  const { dns } = cluster;
  const policy = effectivePolicy(cluster, pod);
  if (policy === "None") return { nameservers: [], searches: [], options: [] };
  if (policy === "Default") return nodeSettings(cluster);
  return {
    nameservers: perFamily(dns.clusterIP).map(([, address]) => address),
    searches: [
      `${pod.namespace}.svc.${dns.domain}`,
      `svc.${dns.domain}`,
      dns.domain,
      ...nodeSettings(cluster).searches,
    ],
    options: ["ndots:5"],
  };
}

/** dnsConfig adds servers and searches; an option of its own replaces the policy's. */
function withConfig(settings: ResolverSettings, { config }: PodModel["dns"]): ResolverSettings {
  const options = new Map(settings.options.map((option) => [option.split(":")[0], option]));
  for (const { name, value } of config.options)
    options.set(name, value === undefined || value === "" ? name : `${name}:${value}`);
  return {
    nameservers: [...new Set([...settings.nameservers, ...config.nameservers])],
    searches: [...new Set([...settings.searches, ...config.searches])],
    options: [...options.values()],
  };
}

function format({ nameservers, searches, options }: ResolverSettings): string {
  const lines = [
    ...(searches.length === 0 ? [] : [`search ${searches.slice(0, MAX_SEARCHES).join(" ")}`]),
    ...nameservers.slice(0, MAX_NAMESERVERS).map((address) => `nameserver ${address}`),
    ...(options.length === 0 ? [] : [`options ${options.join(" ")}`]),
  ];
  return lines.length === 0 ? "# This lab has no name server.\n" : `${lines.join("\n")}\n`;
}

export function nodeResolvConf(cluster: ClusterModel): string {
  return format(nodeSettings(cluster));
}

export function podResolvConf(cluster: ClusterModel, pod: PodModel): string {
  return format(withConfig(policySettings(cluster, pod), pod.dns));
}

/** Where a pod's resolver comes from, in a few words. */
export function resolverReason(cluster: ClusterModel, pod: PodModel): string {
  switch (effectivePolicy(cluster, pod)) {
    case "ClusterFirst":
      return "the cluster's DNS (dnsPolicy ClusterFirst)";
    case "Default":
      return "the node's resolver (dnsPolicy Default)";
    case "None":
      return "the resolver of its own dnsConfig (dnsPolicy None)";
  }
}
