/** How a packet gets from a node to a pod, in words: what the network plugin of the cluster says of its path. */
import type { ClusterModel } from "../cluster.ts";
import type { Family } from "../../net/family.ts";
import type { PathEnd } from "./plugin.ts";
import { networkPlugin } from "./registry.ts";

type End = Exclude<PathEnd, "outside">;

/** `flannel: through flannel.1 to node2, 50 bytes around each packet; at most 1450 bytes`. */
export function pathText(cluster: ClusterModel, from: End, to: End, family: Family): string {
  const plugin = networkPlugin(cluster);
  const { tunnel, mtu } = plugin.path(cluster, from, to, family);
  const way =
    from.node.name === to.node.name
      ? `${plugin.bridged(cluster.cni) ? "across the bridge of" : "routed by"} ${to.node.name}`
      : tunnel === undefined
        ? `by a plain route to ${to.node.name}`
        : `through ${tunnel.device} to ${to.node.name}, ${tunnel.overhead} bytes around each packet`;
  return `${plugin.name}: ${way}; at most ${mtu} bytes`;
}
