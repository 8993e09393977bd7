/**
 * What flannel writes on a node with any backend: the chains FLANNEL-POSTRTG and FLANNEL-FWD with flannel's own comments
 * and order (flannel pkg/trafficmngr/iptables/iptables.go: masqRules, forwardRules), and /run/flannel/subnet.env.
 */
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { Family } from "../../../net/family.ts";
import { canonicalPrefix, hostAddress, modelPrefix, perFamily } from "../../../net/families.ts";
import { because, type Cause } from "../../../cause.ts";
import { MASQUERADE_MARK } from "../../kube-proxy/marks.ts";
import { markMatch } from "../../marks.ts";
import { newRule } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { FlannelModel } from "./model.ts";

const MULTICAST = { ipv4: "224.0.0.0/4", ipv6: "ff00::/8" } as const satisfies Record<Family, string>;

function addMasquerade(draft: NodeDraft, family: Family, network: string, podCIDR: string, cause: Cause): void {
  const comment = ["-m", "comment", "--comment", "flanneld masq"];
  const add = (chain: string, reason: string, match: readonly string[], target: readonly string[]): void => {
    draft.addRules("cni", [
      newRule(family, "nat", chain, [...match, ...comment, "-j", ...target], because(cause, reason)),
    ]);
  };
  const own = "FLANNEL-POSTRTG";
  const masquerade = ["MASQUERADE", "--random-fully"];
  add("POSTROUTING", "flannel's masquerading, for everything that leaves the node", [], [own]);
  add(
    own,
    "kube-proxy masquerades this packet itself",
    ["-m", "mark", "--mark", markMatch(MASQUERADE_MARK)],
    ["RETURN"],
  );
  add(own, "from this node's pods to pods: no NAT", ["-s", podCIDR, "-d", network], ["RETURN"]);
  add(own, "from pods to this node's pods: no NAT", ["-s", network, "-d", podCIDR], ["RETURN"]);
  add(
    own,
    "from outside to this node's pods: the pod sees the client",
    ["!", "-s", network, "-d", podCIDR],
    ["RETURN"],
  );
  add(
    own,
    "traffic from pods to the outside gets the node's address",
    ["-s", network, "!", "-d", MULTICAST[family]],
    masquerade,
  );
  add(
    own,
    "from outside to other nodes' pods: answers must come back here",
    ["!", "-s", network, "-d", network],
    masquerade,
  );
}

function addForward(draft: NodeDraft, family: Family, network: string, cause: Cause): void {
  const comment = ["-m", "comment", "--comment", "flanneld forward"];
  const add = (chain: string, reason: string, match: readonly string[], target: string): void => {
    draft.addRules("cni", [
      newRule(family, "filter", chain, [...match, ...comment, "-j", target], because(cause, reason)),
    ]);
  };
  add("FORWARD", "flannel lets pod traffic through", [], "FLANNEL-FWD");
  add("FLANNEL-FWD", "forwarding from pods is allowed", ["-s", network], "ACCEPT");
  add("FLANNEL-FWD", "forwarding to pods is allowed", ["-d", network], "ACCEPT");
}

function subnetEnv(cluster: ClusterModel<FlannelModel>, node: ClusterNode, mtu: number): string {
  const lines: string[] = [];
  for (const [family, podCIDR] of perFamily(node.podCIDR)) {
    const prefix = family === "ipv4" ? "FLANNEL_" : "FLANNEL_IPV6_";
    const network = cluster.podCIDR[family] ?? podCIDR;
    lines.push(
      `${prefix}NETWORK=${canonicalPrefix(network)}`,
      `${prefix}SUBNET=${hostAddress(podCIDR, 1n)}/${modelPrefix(podCIDR).length}`,
    );
  }
  lines.push(`FLANNEL_MTU=${mtu}`, `FLANNEL_IPMASQ=${cluster.cni.ipMasq}`);
  return `${lines.join("\n")}\n`;
}

export function addTrafficRules(
  cluster: ClusterModel<FlannelModel>,
  node: ClusterNode,
  draft: NodeDraft,
  mtu: number,
): void {
  const { cause, ipMasq } = cluster.cni;
  for (const [family, podCIDR] of perFamily(node.podCIDR)) {
    const network = cluster.podCIDR[family];
    if (network === undefined) continue;
    if (ipMasq) addMasquerade(draft, family, canonicalPrefix(network), canonicalPrefix(podCIDR), cause);
    addForward(draft, family, canonicalPrefix(network), cause);
  }
  draft.add({
    kind: "file",
    path: "/run/flannel/subnet.env",
    content: subnetEnv(cluster, node, mtu),
    cause: because(cause, "what flannel passes to its CNI plugin"),
  });
}
