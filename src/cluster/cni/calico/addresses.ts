/** Who has which addresses in a cluster with Calico: tunnels of nodes first, then pods. */
import { formatAddress, prefixContains } from "../../../net/address.ts";
import { FAMILIES, modelPrefix } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import type { PodIpam } from "../plugin.ts";
import { tunnelsOf } from "./encapsulation.ts";
import { Ipam } from "./ipam.ts";
import type { IpamNode } from "./ipam.ts";
import type { CalicoModel } from "./model.ts";

/**
 * calico-node asks for these when it starts, so they mostly are a block's first (node/pkg/allocateip). An address that is in none of the
 * pools for it any more is given back, as there. A node that has blocks has pods, too, which keep their addresses: its new tunnels
 * wait for `late`.
 */
function tunnelAddresses(ipam: Ipam, nodes: readonly IpamNode[], cni: CalicoModel, before?: CalicoModel) {
  const wanted = nodes.flatMap((node) =>
    tunnelsOf(cni.pools).map(({ device, family, carries }) => ({
      node: node.name,
      key: `${node.name}/${device}`,
      pools: ipam.poolsFor(node, family, "Tunnel").filter(({ pool }) => carries(pool)),
    })),
  );
  const found = new Map<string, string>();
  const assign = (isTurn: (node: string) => boolean): void => {
    for (const { node, key, pools } of wanted) {
      if (found.has(key) || !isTurn(node)) continue;
      const address = ipam.assign(node, pools, key);
      if (typeof address === "object") found.set(key, formatAddress(address));
    }
  };
  for (const { node, key, pools } of wanted) {
    const address = ipam.keep(before?.tunnels[key], node, pools, key);
    if (address !== undefined) found.set(key, formatAddress(address));
  }
  const ranges = cni.pools.map(({ cidr }) => modelPrefix(cidr));
  const lasting = before?.blocks.filter(({ cidr }) => ranges.some((range) => prefixContains(range, modelPrefix(cidr))));
  const running = new Set(lasting?.map(({ node }) => node));
  assign((node) => !running.has(node));
  return {
    late(): CalicoModel["tunnels"] {
      assign(() => true);
      return Object.fromEntries(wanted.flatMap(({ key }) => (found.has(key) ? [[key, found.get(key) ?? ""]] : [])));
    },
  };
}

export const calicoIpam: PodIpam<CalicoModel> = {
  nodeRanges: (doc) => doc.nodes.map(() => ({})),
  pools(nodes, podCIDR, cni, before) {
    const there = new Set(nodes.map(({ name }) => name));
    const kept = before?.blocks.filter(({ node }) => there.has(node));
    const ipam = new Ipam(cni.pools, cni, kept);
    const tunnels = tunnelAddresses(ipam, nodes, cni, before);
    const families = FAMILIES.filter((family: Family) => podCIDR[family] !== undefined);
    return {
      of: (node) => Object.fromEntries(families.map((family) => [family, ipam.podPool(node, family)])),
      settled() {
        const addresses = tunnels.late();
        return { blocks: ipam.blocks, tunnels: addresses };
      },
    };
  },
};
