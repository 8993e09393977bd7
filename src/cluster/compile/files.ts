/** Files that processes of a node or pod see instead of the host's, as kubelet writes them (pkg/kubelet/kubelet_pods.go). */
import type { ClusterModel } from "../cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Spec } from "../../fabric/topology.ts";
import { perFamily } from "../../net/families.ts";
import { because } from "../../cause.ts";
import { podResolvConf, resolverReason } from "./resolv-conf.ts";
import { ownNodeName } from "../lab-names.ts";
import { namespacedName } from "../../net/object-ref.ts";

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
    perFamily(node.address).map(([, address]) => `${address}\t${ownNodeName(cluster.name, node.name)}`),
  );
  return `${[...LOOPBACK, ...nodes].join("\n")}\n`;
}

function aliases({ hostAliases = [] }: PodModel): readonly string[] {
  if (hostAliases.length === 0) return [];
  return [
    "",
    "# Entries added by HostAliases.",
    ...hostAliases.map(({ ip, hostnames }) => [ip, ...hostnames].join("\t")),
  ];
}

/** A pod's /etc/hosts; with hostNetwork that of its node, and what the pod adds. */
function podHostsFile(cluster: ClusterModel, pod: PodModel): string {
  if (pod.hostNetwork)
    return `# Kubernetes-managed hosts file (host network).\n${hostFile(cluster)}${aliases(pod)
      .map((line) => `${line}\n`)
      .join("")}`;
  const names =
    pod.subdomain === undefined
      ? pod.hostname
      : `${pod.hostname}.${pod.subdomain}.${pod.namespace}.svc.${cluster.dns.domain}\t${pod.hostname}`;
  const own = perFamily(pod.address).map(([, address]) => `${address}\t${names}`);
  const lines = ["# Kubernetes-managed hosts file.", ...LOOPBACK, ...IPV6_GROUPS, ...own, ...aliases(pod)];
  return `${lines.join("\n")}\n`;
}

/** The files that a pod sees instead of this machine's or its node's. */
export function podFiles(cluster: ClusterModel, pod: PodModel): readonly Spec<"file">[] {
  const only = pod.hostNetwork ? { pod: namespacedName(pod) } : {};
  return [
    {
      kind: "file",
      ...only,
      path: "/etc/hosts",
      content: podHostsFile(cluster, pod),
      cause: because(pod.cause, pod.hostNetwork ? "its node's names" : "the pod's own name"),
    },
    {
      kind: "file",
      ...only,
      path: "/etc/hostname",
      content: `${pod.hostname}\n`,
      cause: because(pod.cause, "pod hostname"),
    },
    {
      kind: "file",
      ...only,
      path: "/etc/resolv.conf",
      content: podResolvConf(cluster, pod),
      cause: because(pod.cause, resolverReason(cluster, pod)),
    },
  ];
}
