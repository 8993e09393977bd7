/** The prefixes that nodes have for pods and tunnels: blocks, and addresses of blocks of other nodes. */
import type { Cause } from "../../../cause.ts";
import type { IpPoolModel } from "../../../kube/ip-pool/ip-pool.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { perObject } from "../../../memo.ts";
import { parseAddress, prefixContains } from "../../../net/address.ts";
import { HOST_LENGTH, modelPrefix } from "../../../net/families.ts";
import type { ClusterModel } from "../../cluster.ts";
import { ownNodeName } from "../../lab-names.ts";
import { poolOf, tunnelAddress, tunnelsOf } from "./encapsulation.ts";
import type { CalicoModel } from "./model.ts";

export interface Destination {
  readonly to: string;
  /** Who has it, by the name that the cluster itself gives it. */
  readonly node: string;
  readonly pool: IpPoolModel;
  /** Absent: a block. */
  readonly borrowedBy?: Cause | undefined;
}

/** Addresses that nodes have in pools: of pods and of their own tunnels. */
function usedAddresses(cluster: ClusterModel<CalicoModel>) {
  const { name, cni, pods, nodes } = cluster;
  return [
    ...nodes.flatMap((node) =>
      tunnelsOf(cni.pools).flatMap(({ device }) => {
        const text = tunnelAddress(cluster, node, device);
        return text === undefined ? [] : [{ text, node: ownNodeName(name, node.name), cause: cni.cause }];
      }),
    ),
    ...pods
      .filter(({ hostNetwork }) => !hostNetwork)
      .flatMap(({ address, node, cause }) =>
        Object.values(address).map((text) => ({ text, node: ownNodeName(name, node), cause })),
      ),
  ];
}

/** Blocks first, in the order in which they were claimed. */
export const destinationsOf = perObject((cluster: ClusterModel<CalicoModel>): readonly Destination[] => {
  const { cni } = cluster;
  const blocks = cni.blocks.flatMap(({ cidr: to, node }) => {
    const pool = poolOf(cni, to);
    return pool === undefined ? [] : [{ to, node, pool }];
  });
  const prefixes = blocks.map((block) => ({ ...block, prefix: modelPrefix(block.to) }));
  const borrowed = usedAddresses(cluster).flatMap(({ text, node, cause }) => {
    const address = parseAddress(text);
    const block = address === undefined ? undefined : prefixes.find(({ prefix }) => prefixContains(prefix, address));
    if (block === undefined || address === undefined || block.node === node) return [];
    return [{ to: `${text}/${HOST_LENGTH[address.family]}`, node, pool: block.pool, borrowedBy: cause }];
  });
  return [...blocks, ...borrowed];
});

/** `block of node2`. */
export function destinationText({ borrowedBy }: Destination, { name }: ClusterNode): string {
  return borrowedBy === undefined ? `block of ${name}` : `address that ${name} borrowed`;
}
