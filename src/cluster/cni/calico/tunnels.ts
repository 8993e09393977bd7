/** The devices of Calico's tunnels on a node (felix/dataplane/linux/{vxlan_mgr,ipip_mgr}.go). */
import { because } from "../../../cause.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import { typedSpecs } from "../../../fabric/device.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { ClusterModel } from "../../cluster.ts";
import { ownNodeName } from "../../lab-names.ts";
import { tunnelAddress, tunnelsOf, VXLAN_PORT, VXLAN_VNI } from "./encapsulation.ts";
import type { CalicoModel } from "./model.ts";
import { vtepMac } from "./names.ts";

export function addTunnels(cluster: ClusterModel<CalicoModel>, node: ClusterNode, draft: NodeDraft): void {
  const { cni } = cluster;
  for (const { device: name, family, mode, overhead } of tunnelsOf(cni.pools)) {
    const local = node.address[family];
    const address = tunnelAddress(cluster, node, name);
    if (local === undefined || address === undefined) continue;
    const mtu = (node.mtu ?? cluster.mtu) - overhead;
    const device = {
      name,
      mtu: Math.min(cni.mtu ?? mtu, mtu),
      addresses: [
        {
          address: `${address}/${HOST_LENGTH[family]}`,
          cause: because(cni.cause, `${node.name}'s own address in the pod network, of its own block`),
        },
      ],
      cause: because(cni.cause, `Felix' tunnel on ${node.name}`),
    };
    if (mode === "vxlan")
      draft.addVxlan({
        ...device,
        vni: VXLAN_VNI,
        port: VXLAN_PORT,
        local,
        dev: "eth0",
        learn: false,
        mac: vtepMac(ownNodeName(cluster.name, node.name), family),
      });
    // Without ends: they are in the routes. The kernel makes it on its own when it loads the module, then it is only set.
    else draft.addAll(typedSpecs({ ...device, kind: "tunnel", type: "ipip", data: {} }));
  }
}
