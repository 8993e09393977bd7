/** Words that are true of a cluster's network: its plugin's name, how it carries packets, kube-proxy's mode. `only` and `plugins` of checks use them. */
import { perFamily } from "../../net/families.ts";
import type { ClusterModel } from "../cluster.ts";
import { PROXY_MODES } from "../kube-proxy/modes.ts";
import { NETWORK_PLUGINS, networkPlugin } from "./registry.ts";

/** With what each means, for the documentation. */
export const NETWORK_TRAITS = {
  bridged: "pods of a node are on one bridge",
  routed: "a node routes between its own pods",
  tunnel: "packets between pods of some two nodes are in a tunnel",
  direct: "packets between pods of different nodes are in none",
} as const;

/** All words that there are. */
export const NETWORK_WORDS: readonly string[] = [
  ...NETWORK_PLUGINS.keys(),
  ...Object.keys(NETWORK_TRAITS),
  ...PROXY_MODES.keys(),
];

/** The device by which the node sends to pods of other nodes: of its tunnel; undefined where it uses none. */
export function tunnelDevice(cluster: ClusterModel, nodeName: string): string | undefined {
  const plugin = networkPlugin(cluster);
  const node = cluster.nodes.find(({ name }) => name === nodeName);
  const [family] = perFamily(cluster.podCIDR)[0] ?? ["ipv4" as const];
  if (node === undefined) return undefined;
  for (const pod of cluster.pods) {
    const other =
      pod.node === nodeName || pod.hostNetwork ? undefined : cluster.nodes.find((it) => it.name === pod.node);
    if (other === undefined) continue;
    const { tunnel } = plugin.path(cluster, { node }, { node: other, pod }, family);
    if (tunnel !== undefined) return tunnel.device;
  }
  return undefined;
}

/** `flannel`, `bridged`, `tunnel`, `iptables`: the mode that kube-proxy has on every node. */
export function networkWords(cluster: ClusterModel): ReadonlySet<string> {
  const plugin = networkPlugin(cluster);
  const isTunnelled = cluster.nodes.some(({ name }) => tunnelDevice(cluster, name) !== undefined);
  const modes = new Set(cluster.nodes.map(({ kubeProxy = cluster.kubeProxy }) => kubeProxy.mode));
  return new Set([
    plugin.name,
    plugin.bridged(cluster.cni) ? "bridged" : "routed",
    isTunnelled ? "tunnel" : "direct",
    ...(modes.size === 1 ? modes : []),
  ]);
}
