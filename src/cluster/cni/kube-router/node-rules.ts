/**
 * What kube-router's routes controller writes on a node: routes to other nodes' pods, rules that let pods' packets through and give
 * those that leave the node's address, two sets, and the configuration for the container runtime
 * (pkg/controllers/routing/{network_routes_controller,pod_egress}.go, daemonset/kubeadm-kuberouter-all-features-hostport.yaml).
 */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { newRoute, newRule, newSysctl } from "../../../fabric/specs.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { Family } from "../../../net/family.ts";
import { canonicalPrefix, perFamily } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { KubeRouterModel } from "./model.ts";
import { setName } from "./names.ts";
import { isNear, tunnelTo } from "./overlay.ts";
import { routerSet } from "./router-set.ts";
import { learnedRoutes } from "./bgp/speakers.ts";

type Cluster = ClusterModel<KubeRouterModel>;

export const BRIDGE = "kube-bridge";
/** Name of the conflist. */
export const NETWORK = "mynet";

/** routes.ZebraOriginator: 0x11 is 17, while zebra's number is 11. */
const PROTOCOL = "17";

const POD_SUBNETS = "kube-router-pod-subnets";
const NODE_ADDRESSES = "kube-router-node-ips";

/** BGP's best paths as kube-router injects them: to next hops of the same subnet plainly, to others by tunnels or not at all. */
export function addNodeRoutes(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  for (const { to, family, nextHop, cause } of learnedRoutes(cluster, node)) {
    const src = node.address[family];
    const tunnel = tunnelTo(cluster, node, nextHop);
    const route = { to, family, protocol: PROTOCOL, cause } as const;
    if (tunnel !== undefined)
      draft.add(newRoute({ ...route, dev: tunnel.device, src, ...(family === "ipv4" ? { scope: "global" } : {}) }));
    else if (isNear(node, nextHop)) draft.add(newRoute({ ...route, via: nextHop, dev: "eth0" }));
  }
}

/** In the order of the kernel's chain: each is inserted before the one that was there. */
const FORWARDED = [
  ["allow outbound node port traffic on node interface with which node ip is associated", "-o", "eth0"],
  ["allow inbound traffic to pods", "-o", BRIDGE],
  ["allow outbound traffic from pods", "-i", BRIDGE],
] as const;

function addForwarding(family: Family, draft: NodeDraft, cause: Cause): void {
  for (const [comment, direction, device] of FORWARDED) {
    const words = ["-m", "comment", "--comment", comment, direction, device, "-j", "ACCEPT"];
    draft.addRules("cni", [newRule(family, "filter", "FORWARD", words, because(cause, comment), "after policy")]);
  }
}

/** Behind all others' rules: what kube-proxy masquerades is masqueraded already. */
function addEgress(family: Family, draft: NodeDraft, cause: Cause): void {
  const match = (name: string, side: string, not: readonly string[] = []): readonly string[] => [
    "-m",
    "set",
    ...not,
    "--match-set",
    setName(name, family),
    side,
  ];
  const words = [
    ...match(POD_SUBNETS, "src"),
    ...match(POD_SUBNETS, "dst", ["!"]),
    ...match(NODE_ADDRESSES, "dst", ["!"]),
    "-j",
    "MASQUERADE",
    "--random-fully",
  ];
  const why = because(cause, "what pods send to neither pods nor nodes gets the node's address");
  draft.addRules("cni", [newRule(family, "nat", "POSTROUTING", words, why)]);
}

export function addTraffic({ nodes, podCIDR, cni }: Cluster, draft: NodeDraft): void {
  for (const [family] of perFamily(podCIDR)) {
    addForwarding(family, draft, cni.cause);
    if (cni.podEgress) addEgress(family, draft, cni.cause);
    const ranges = nodes.flatMap((node) => node.podCIDR[family] ?? []).map(canonicalPrefix);
    const addresses = nodes.flatMap((node) => node.address[family] ?? []);
    draft.add(
      routerSet(
        "cni",
        setName(POD_SUBNETS, family),
        family,
        "hash:net",
        ranges,
        because(cni.cause, "pods' addresses, part by part"),
      ),
      routerSet(
        "cni",
        setName(NODE_ADDRESSES, family),
        family,
        "hash:ip",
        addresses,
        because(cni.cause, "addresses of all nodes"),
      ),
    );
    const call = { ipv4: "iptables", ipv6: "ip6tables" } as const;
    draft.addSysctlOnce(
      newSysctl({
        key: `net.bridge.bridge-nf-call-${call[family]}`,
        value: "1",
        optional: true,
        cause: because(cni.cause, "packets from pod to pod across the bridge pass iptables, too"),
      }),
    );
  }
}

/** /etc/cni/net.d/10-kuberouter.conflist, with what kube-router adds: the node's ranges, and the MTU. */
export function addConflist({ cni }: Cluster, node: ClusterNode, draft: NodeDraft, mtu: number): void {
  const ranges = perFamily(node.podCIDR).map(([, range]) => [{ subnet: canonicalPrefix(range) }]);
  const plugins = [
    {
      name: "kubernetes",
      type: "bridge",
      bridge: BRIDGE,
      isDefaultGateway: true,
      hairpinMode: true,
      ipam: { type: "host-local", ranges },
      mtu,
    },
    { type: "portmap", capabilities: { snat: true, portMappings: true } },
  ];
  draft.add({
    kind: "file",
    path: "/etc/cni/net.d/10-kuberouter.conflist",
    content: `${JSON.stringify({ cniVersion: "0.3.0", name: NETWORK, plugins }, null, 2)}\n`,
    cause: because(cni.cause, "what kube-router asks of the container runtime for each pod"),
  });
}
