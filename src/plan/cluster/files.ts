/** Files that processes of a node or pod see instead of the host's, as kubelet writes them (pkg/kubelet/kubelet_pods.go). */
import type { ClusterModel, PodModel } from "../../model/cluster.ts";
import { perFamily } from "../families.ts";

const LOOPBACK = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"];
const IPV6_GROUPS = [
  "fe00::\tip6-localnet",
  "fe00::\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** A node's /etc/hosts: all nodes by name. */
export function hostFile(cluster: ClusterModel): string {
  const nodes = cluster.nodes.flatMap((node) =>
    perFamily(node.address).map(([, address]) => `${address}\t${node.name}`),
  );
  return `${[...LOOPBACK, ...nodes].join("\n")}\n`;
}

/** A pod's /etc/hosts. */
export function podHostsFile(pod: PodModel, zone = "cluster.local"): string {
  const names =
    pod.subdomain === undefined
      ? pod.hostname
      : `${pod.hostname}.${pod.subdomain}.${pod.namespace}.svc.${zone}\t${pod.hostname}`;
  const own = perFamily(pod.address).map(([, address]) => `${address}\t${names}`);
  return `${["# Kubernetes-managed hosts file.", ...LOOPBACK, ...IPV6_GROUPS, ...own].join("\n")}\n`;
}

/** dnsPolicy Default: the node's resolver. Only the internet may have one; without it lookups fail at once. */
export function resolvConf(cluster: ClusterModel): string {
  const { internet } = cluster;
  if (!internet.servers.includes(53)) return "# This lab has no name server.\n";
  return perFamily(internet.address)
    .map(([, address]) => `nameserver ${address}\n`)
    .join("");
}
