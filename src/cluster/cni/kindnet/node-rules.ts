/**
 * What kindnetd writes on a node: a route to each other node's pods (images/kindnetd/cmd/kindnetd/routes.go of kind fed2688), the
 * chain KIND-MASQ-AGENT (masq.go), and the configuration for the container runtime (cni.go).
 */
import { because } from "../../../cause.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { canonicalPrefix, DEFAULT_ROUTE, perFamily } from "../../../net/families.ts";
import { newRoute, newRule } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { KindnetModel } from "./model.ts";

type Cluster = ClusterModel<KindnetModel>;

/** Name of the conflist. */
export const NETWORK = "kindnet";

const CHAIN = "KIND-MASQ-AGENT";
const COMMENTS = {
  jump: `kind-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom ${CHAIN} chain`,
  local: "kind-masq-agent: local traffic is not subject to MASQUERADE",
  outbound: "kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)",
} as const;

export function addNodeRoutes({ nodes, cni }: Cluster, node: ClusterNode, draft: NodeDraft): void {
  for (const remote of nodes)
    for (const [family, via] of perFamily(remote.address)) {
      const to = remote.podCIDR[family];
      if (remote.name === node.name || to === undefined || node.address[family] === undefined) continue;
      const cause = because(cni.cause, `${remote.name}'s pods behind ${remote.name} itself`);
      draft.add(newRoute({ to: canonicalPrefix(to), family, via, dev: "eth0", protocol: "boot", cause }));
    }
}

export function addMasquerade({ podCIDR, cni }: Cluster, draft: NodeDraft): void {
  for (const [family, pods] of perFamily(podCIDR)) {
    const add = (chain: string, comment: string, reason: string, match: readonly string[], target: string): void => {
      const words = [...match, "-m", "comment", "--comment", comment, "-j", target];
      draft.addRules("cni", [newRule(family, "nat", chain, words, because(cni.cause, reason))]);
    };
    const leaving = ["-m", "addrtype", "!", "--dst-type", "LOCAL"];
    add("POSTROUTING", COMMENTS.jump, "kindnet's masquerading, for what does not end at this node", leaving, CHAIN);
    add(CHAIN, COMMENTS.local, "to pods: no NAT", ["-d", canonicalPrefix(pods)], "RETURN");
    add(CHAIN, COMMENTS.outbound, "everything else that leaves gets the node's address", [], "MASQUERADE");
  }
}

/** /etc/cni/net.d/10-kindnet.conflist: the same JSON as kindnetd's template gives. */
function conflist({ podCIDR }: ClusterNode, mtu: number): string {
  const ranges = perFamily(podCIDR).map(([, cidr]) => [{ subnet: canonicalPrefix(cidr) }]);
  const routes = perFamily(podCIDR).map(([family]) => ({ dst: DEFAULT_ROUTE[family] }));
  const ipam = { type: "host-local", dataDir: "/run/cni-ipam-state", routes, ranges };
  const plugins = [
    { type: "ptp", ipMasq: false, ipam, mtu },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  return `${JSON.stringify({ cniVersion: "0.3.1", name: NETWORK, plugins }, null, 2)}\n`;
}

export function addConflist({ cni }: Cluster, node: ClusterNode, draft: NodeDraft, mtu: number): void {
  draft.add({
    kind: "file",
    path: "/etc/cni/net.d/10-kindnet.conflist",
    content: conflist(node, mtu),
    cause: because(cni.cause, "what kindnetd asks the container runtime to do for each pod"),
  });
}
