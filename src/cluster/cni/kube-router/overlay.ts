/** The tunnels between nodes (pkg/tunnels/linux_tunnels.go): one per other node that is reached by none, or each other node. */
import { because } from "../../../cause.ts";
import { typedSpecs } from "../../../fabric/device.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { newPolicyRule, newRoute } from "../../../fabric/specs.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { Family } from "../../../net/family.ts";
import type { LinkData } from "../../../net/link-type.ts";
import { parseAddress, prefixContains } from "../../../net/address.ts";
import { canonicalPrefix, familyOf, HOST_LENGTH, modelPrefix, perFamily } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { KubeRouterModel, Overlay } from "./model.ts";
import { tunnelName } from "./names.ts";
import { learnedRoutes } from "./bgp/speakers.ts";

type Cluster = ClusterModel<KubeRouterModel>;

/** routes.CustomTableID: what comes from the node's pods and is for another node's address takes the tunnel. */
const TABLE = 77;
/** Before the table main; of several the kernel gives the next lower one to the one that comes later. */
const PRIORITY = 32765;

/** IPv6 in IPv6: 40, and 8 for the option that limits nesting. */
const OVERHEAD = { ipv4: 20, ipv6: 48 } as const satisfies Record<Family, number>;
/** Headers of UDP and GUE. */
const IN_UDP = 12;

function overheadOf({ port }: Overlay, family: Family): number {
  return OVERHEAD[family] + (port === undefined ? 0 : IN_UDP);
}

/**
 * By netlink kube-router sets the limit of nesting to 0; a tunnel in UDP it makes by iproute2 (`ip link add … ttl 225 encap gue
 * encap-sport auto encap-dport 5555`), with the limit that this has by default.
 */
function tunnelData({ port }: Overlay, family: Family, ends: Readonly<Record<"remote" | "local", string>>): LinkData {
  if (port === undefined) return { ...ends, ...(family === "ipv6" ? { encaplimit: 0 } : {}) };
  return {
    ...ends,
    ttl: 225,
    encap: "gue",
    "encap-dport": port,
    ...(family === "ipv6" ? { encaplimit: 4, mode: "ip6ip6" } : {}),
  };
}

export interface NodeTunnel {
  readonly device: string;
  /** Bytes. */
  readonly overhead: number;
}

/** The tunnel from a node to a next hop; undefined: a plain route. */
export function tunnelTo(
  { cni: { overlay } }: Pick<Cluster, "cni">,
  from: ClusterNode,
  nextHop: string,
): NodeTunnel | undefined {
  if (overlay === undefined || Object.values(from.address).includes(nextHop)) return undefined;
  if (overlay.type === "subnet" && isNear(from, nextHop)) return undefined;
  return { device: tunnelName(nextHop), overhead: overheadOf(overlay, familyOf(nextHop)) };
}

/** It is in a subnet of the node. */
export function isNear({ subnet }: ClusterNode, address: string): boolean {
  const own = subnet[familyOf(address)];
  const parsed = parseAddress(address);
  return own !== undefined && parsed !== undefined && prefixContains(modelPrefix(own), parsed);
}

interface FarHop extends NodeTunnel {
  readonly family: Family;
  readonly address: string;
  readonly local: string;
}

/** The next hops of its routes that a node has tunnels to, each once. */
function tunnelsOf(cluster: Cluster, node: ClusterNode): readonly FarHop[] {
  const hops = new Set(learnedRoutes(cluster, node).map(({ nextHop }) => nextHop));
  return [...hops].flatMap((address) => {
    const family = familyOf(address);
    const tunnel = tunnelTo(cluster, node, address);
    const local = node.address[family];
    return tunnel === undefined || local === undefined ? [] : [{ ...tunnel, family, address, local }];
  });
}

export function addTunnels(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const { cni } = cluster;
  const { overlay } = cni;
  if (overlay === undefined) return;
  const tunnels = tunnelsOf(cluster, node);
  const why = because(cni.cause, "packets of the tunnels come by UDP");
  if (overlay.port !== undefined)
    for (const family of new Set(tunnels.map((one) => one.family)))
      draft.add({ kind: "fou", family, port: overlay.port, cause: why });
  for (const { device, overhead, family, address, local } of tunnels)
    draft.addAll(
      typedSpecs({
        name: device,
        kind: "tunnel",
        type: family === "ipv4" ? "ipip" : "ip6tnl",
        data: tunnelData(overlay, family, { remote: address, local }),
        mtu: (node.mtu ?? cluster.mtu) - overhead,
        addresses: [],
        cause: because(cni.cause, `kube-router's tunnel from ${node.name} to ${address}`),
      }),
    );
}

/** Table 77 (`kube-router`), and the rule that pods' packets look into it first. */
export function addTunnelRules(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const { cni } = cluster;
  if (cni.overlay === undefined) return;
  for (const [family, range] of perFamily(node.podCIDR))
    draft.add(
      newPolicyRule({
        family,
        priority: PRIORITY,
        from: canonicalPrefix(range),
        table: TABLE,
        cause: because(cni.cause, "what pods send to a node behind a tunnel takes the tunnel, too"),
      }),
    );
  for (const { device, family, address } of tunnelsOf(cluster, node))
    draft.add(
      newRoute({
        to: `${address}/${HOST_LENGTH[family]}`,
        family,
        dev: device,
        table: TABLE,
        // Written by netlink, without the scope that ip-route would choose.
        ...(family === "ipv4" ? { scope: "global" } : {}),
        cause: because(cni.cause, "the other end of the tunnel itself, for packets of this node's pods"),
      }),
    );
}
