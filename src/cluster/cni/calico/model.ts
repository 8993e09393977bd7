/** `spec.cluster.cni` of plugin calico: what a lab file says, and what it means. */
import type { IpPoolModel } from "../../../kube/ip-pool/ip-pool.ts";
import type { CniModel, SchemaWords } from "../plugin.ts";
import type { BgpManifests } from "./bgp/world.ts";
import { VERSIONS } from "./versions.ts";
import type { CalicoVersion } from "./versions.ts";

/** As the operator's Installation has them (operator.tigera.io/v1, EncapsulationType). */
export const ENCAPSULATIONS = ["VXLANCrossSubnet", "VXLAN", "IPIP", "IPIPCrossSubnet", "None"] as const;

export type Encapsulation = (typeof ENCAPSULATIONS)[number];

/** As `linuxDataplane` of the operator's Installation has them; BPF and VPP are not built. */
export const DATAPLANES = ["Iptables", "Nftables"] as const;

export type Dataplane = (typeof DATAPLANES)[number];

export const BGP_DAEMONS = ["computed", "bird"] as const;

export function calicoSchema({ z, mtu }: SchemaWords) {
  return z.strictObject({
    plugin: z.literal("calico").describe("Calico: routed pods, blocks of addresses, Felix' chains"),
    version: z
      .enum(VERSIONS)
      .optional()
      .describe(`The Calico version whose names, marks and routes are built; default ${VERSIONS[0]}`),
    linuxDataplane: z
      .enum(DATAPLANES)
      .optional()
      .describe(
        "What Felix writes its rules with; default Iptables. Nftables needs 3.29, and kube-proxy in mode nftables",
      ),
    encapsulation: z
      .enum(ENCAPSULATIONS)
      .optional()
      .describe("Of the default IP pool, default VXLANCrossSubnet; IPPool manifests are pools of their own"),
    blockSize: z.int().optional().describe("Prefix length of the default pool's blocks, default 26 (IPv6: 122)"),
    natOutgoing: z.boolean().optional().describe("Masquerade traffic that leaves the pools; default true"),
    strictAffinity: z
      .boolean()
      .optional()
      .describe("Nodes borrow no addresses from other nodes' blocks; default false"),
    maxBlocksPerHost: z
      .int()
      .min(1)
      .optional()
      .describe("Blocks that a node may claim, default 20; needs strictAffinity"),
    bgp: z
      .strictObject({
        daemon: z
          .enum(BGP_DAEMONS)
          .optional()
          .describe("computed (default): routes as BIRD would write them, at once; bird: a real BIRD 2 on each node"),
      })
      .optional()
      .describe("How nodes exchange routes; BGPConfiguration, BGPPeer and BGPFilter manifests say which"),
    flowLogs: z
      .boolean()
      .optional()
      .describe(
        "Rules that log each verdict to NFLOG groups 1 (ingress) and 2 (egress), as Felix writes them when its flow logs are on; default false, from 3.30 on",
      ),
    mtu: mtu.optional().describe("Pod MTU; default: the underlay's less the encapsulation's overhead"),
  });
}

/** A node's claim to a block of addresses. */
export interface CalicoBlock {
  /** Canonical prefix. */
  readonly cidr: string;
  readonly node: string;
}

export interface CalicoModel extends CniModel {
  readonly plugin: "calico";
  readonly version: CalicoVersion;
  readonly linuxDataplane: Dataplane;
  readonly flowLogs: boolean;
  /** By name. */
  readonly pools: readonly IpPoolModel[];
  readonly strictAffinity: boolean;
  readonly maxBlocksPerHost: number;
  readonly bgp: BgpManifests & { readonly daemon: (typeof BGP_DAEMONS)[number] };
  /** In the order in which they were claimed; known once pods have addresses. */
  readonly blocks: readonly CalicoBlock[];
  /** Addresses of tunnel devices, by `NODE/DEVICE`. */
  readonly tunnels: Readonly<Record<string, string>>;
}
