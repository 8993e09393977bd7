/** The VPC's ends of branch ENIs: a trunk's port of the switch has a VLAN device for each, a port itself. */
import { because } from "../../../cause.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { typedSpecs } from "../../../fabric/device.ts";
import { SWITCH_BRIDGE, switchPort } from "../../compile/switch.ts";
import type { SwitchPort } from "../plugin.ts";
import { TRUNK } from "./branch.ts";
import type { BranchEni } from "./branch.ts";
import { eniName } from "./eni.ts";
import type { VpcModel } from "./model.ts";

type Cluster = ClusterModel<VpcModel>;

export interface BranchPort extends Omit<SwitchPort, "device"> {
  readonly branch: BranchEni;
}

/** The ports of a node's branch ENIs. */
export function branchPorts(
  { cni }: Cluster,
  node: ClusterNode,
  ports: readonly SwitchPort[],
): readonly (BranchPort & { readonly trunk: string })[] {
  const trunk = ports.find(({ device }) => device === eniName({ device: TRUNK }));
  if (trunk === undefined) return [];
  return cni.branches
    .filter((branch) => branch.node === node.name)
    .map((branch) => ({
      branch,
      onSwitch: trunk.onSwitch,
      trunk: trunk.port,
      port: switchPort(`${trunk.port}.${branch.vlan}`),
    }));
}

export function addBranchPorts(cluster: Cluster, node: ClusterNode, ports: readonly SwitchPort[]): void {
  for (const { branch, onSwitch, port, trunk } of branchPorts(cluster, node, ports))
    onSwitch.addAll(
      typedSpecs({
        kind: "vlan",
        type: "vlan",
        name: port,
        link: trunk,
        data: { protocol: "802.1Q", id: branch.vlan },
        addresses: [],
        bridge: SWITCH_BRIDGE,
        cause: because(cluster.cni.cause, `branch ENI of ${branch.pod}: VLAN ${branch.vlan} of ${node.name}'s trunk`),
      }),
    );
}
