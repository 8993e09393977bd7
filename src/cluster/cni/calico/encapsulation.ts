/** What carries a pod's packet from node to node: a tunnel, or the underlay itself. By the pool of the address that it goes to. */
import type { IpPoolModel } from "../../../kube/ip-pool/ip-pool.ts";
import { modelPrefix } from "../../../net/families.ts";
import { parseAddress, prefixContains } from "../../../net/address.ts";
import type { Family } from "../../../net/family.ts";
import { VXLAN_OVERHEAD } from "../../../net/vxlan.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { ownNodeName } from "../../lab-names.ts";
import type { CalicoModel } from "./model.ts";

type Cluster = Pick<ClusterModel<CalicoModel>, "name" | "cni">;

/** IPIP's outer header. */
const IPIP_OVERHEAD = 20;

export const IPIP_DEVICE = "tunl0";
/** Devices whose routes Felix writes, as BIRD matches them. */
export const FELIX_TUNNELS = ["*.cali", "*.calico"] as const;
export const VXLAN_DEVICES = { ipv4: "vxlan.calico", ipv6: "vxlan-v6.calico" } as const satisfies Record<
  Family,
  string
>;
/** IANA's. */
export const VXLAN_PORT = 4789;
export const VXLAN_VNI = 4096;

export interface Tunnel {
  readonly device: string;
  readonly family: Family;
  readonly mode: "ipip" | "vxlan";
  /** Bytes around a packet. */
  readonly overhead: number;
  /** Whether a pool's packets may take it. */
  carries(pool: IpPoolModel): boolean;
}

const TUNNELS: readonly Tunnel[] = [
  {
    device: IPIP_DEVICE,
    family: "ipv4",
    mode: "ipip",
    overhead: IPIP_OVERHEAD,
    carries: ({ family, ipip }) => family === "ipv4" && ipip !== "Never",
  },
  ...(["ipv4", "ipv6"] as const).map((family): Tunnel => ({
    device: VXLAN_DEVICES[family],
    family,
    mode: "vxlan",
    overhead: VXLAN_OVERHEAD[family],
    carries: (pool) => pool.family === family && pool.vxlan !== "Never",
  })),
];

/** Those that any of the pools needs. */
export function tunnelsOf(pools: readonly IpPoolModel[]): readonly Tunnel[] {
  return TUNNELS.filter((tunnel) => pools.some(tunnel.carries));
}

/** The pool that an address, or a block, is in. */
export function poolOf({ pools }: Pick<CalicoModel, "pools">, address: string): IpPoolModel | undefined {
  const one = parseAddress(address.split("/", 1)[0] ?? "");
  return one === undefined ? undefined : pools.find(({ cidr }) => prefixContains(modelPrefix(cidr), one));
}

/** The tunnel from one node to another for addresses of a pool; undefined: plain routes. */
export function tunnelTo(pool: IpPoolModel, from: ClusterNode, to: ClusterNode): Tunnel | undefined {
  const tunnel = TUNNELS.find((one) => one.carries(pool));
  if (tunnel === undefined) return undefined;
  const isNear = from.subnet[pool.family] === to.subnet[pool.family];
  return pool[tunnel.mode] === "CrossSubnet" && isNear ? undefined : tunnel;
}

/** A node's own address on a tunnel's device. */
export function tunnelAddress({ name, cni }: Cluster, node: ClusterNode, device: string): string | undefined {
  return cni.tunnels[`${ownNodeName(name, node.name)}/${device}`];
}
