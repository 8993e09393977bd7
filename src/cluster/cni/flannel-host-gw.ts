/** Flannel's host-gw backend: nothing but a route to each other node's pods, so all nodes must share one segment. */
import { InputError } from "../../errors.ts";
import type { CniBackend } from "./registry.ts";
import { canonicalPrefix, perFamily } from "../../net/families.ts";
import { because } from "../../cause.ts";
import { newRoute } from "../../fabric/topology-draft.ts";
import { addFlannelCommon } from "./flannel-common.ts";

export const flannelHostGw: CniBackend = {
  podMtu: (cluster, node) => cluster.cni.mtu ?? node.mtu ?? cluster.mtu,
  compileNode(cluster, node, draft) {
    for (const [family, subnet] of perFamily(node.subnet)) {
      for (const remote of cluster.nodes) {
        const via = remote.address[family];
        const remoteCIDR = remote.podCIDR[family];
        if (remote.name === node.name || via === undefined || remoteCIDR === undefined) continue;
        if (remote.subnet[family] !== subnet)
          throw new InputError([
            {
              severity: "error",
              message: `host-gw cannot reach from ${node.name} (${subnet}) to ${remote.name} (${remote.subnet[family] ?? "no subnet"}): its next hop must be on the same segment`,
              source: remote.cause.source ?? cluster.cni.cause.source,
              hint: "put all nodes into one nodeCIDR, or use `backend: vxlan` (with `directRouting: true` for nodes that share a segment)",
            },
          ]);
        draft.routes.push(
          newRoute({
            to: canonicalPrefix(remoteCIDR),
            family,
            via,
            dev: "eth0",
            cause: because(cluster.cni.cause, `${remote.name}'s pods behind ${remote.name} itself`),
          }),
        );
      }
    }
    addFlannelCommon(cluster, node, draft, flannelHostGw.podMtu(cluster, node));
  },
};
