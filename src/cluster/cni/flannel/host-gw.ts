/** Flannel's host-gw backend: nothing but a route to each other node's pods, so all nodes must share one segment. */
import { canonicalPrefix } from "../../../net/families.ts";
import { because } from "../../../cause.ts";
import { newRoute } from "../../../fabric/specs.ts";
import type { FlannelBackend } from "./backend.ts";

export const hostGw: FlannelBackend = {
  overhead: { ipv4: 0, ipv6: 0 },
  tunnel: () => undefined,
  rules(cluster, node, draft, family) {
    if (node.subnet[family] === undefined) return;
    for (const remote of cluster.nodes) {
      const via = remote.address[family];
      const remoteCIDR = remote.podCIDR[family];
      if (remote.name === node.name || via === undefined || remoteCIDR === undefined) continue;
      draft.add(
        newRoute({
          to: canonicalPrefix(remoteCIDR),
          family,
          via,
          dev: "eth0",
          cause: because(cluster.cni.cause, `${remote.name}'s pods behind ${remote.name} itself`),
        }),
      );
    }
  },
};
