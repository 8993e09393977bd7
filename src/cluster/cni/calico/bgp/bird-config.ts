/** The configuration of a node's BIRD in one family: confd's files, the one that is used here, and the computed routes are made of it. */
import type { BgpFilterModel } from "../../../../kube/bgp-filter/bgp-filter.ts";
import { priorityOf } from "../../../../kube/bgp-configuration/bgp-configuration.ts";
import type { BgpConfigurationModel } from "../../../../kube/bgp-configuration/bgp-configuration.ts";
import type { IpPoolModel } from "../../../../kube/ip-pool/ip-pool.ts";
import { sha256 } from "../../../../net/digest.ts";
import { familyOf } from "../../../../net/families.ts";
import type { Family } from "../../../../net/family.ts";
import { birdPeers } from "./peers.ts";
import type { BirdPeer } from "./peers.ts";
import { serviceRoutes } from "./service-routes.ts";
import type { ServiceFacts, ServiceRoutes } from "./service-routes.ts";
import { asOf, globalConfiguration, nodeConfiguration, portOf } from "./world.ts";
import type { BgpNode, BgpWorld } from "./world.ts";

/** What decides about a pool's routes. */
export type BirdPool = Pick<IpPoolModel, "cidr" | "family" | "ipip" | "vxlan" | "unexported">;

/** Which pools' routes BIRD writes into the kernel. */
export interface ClusterRoutes {
  readonly ipip: boolean;
  readonly plain: boolean;
}

export interface BirdConfig {
  readonly node: string;
  readonly family: Family;
  readonly address?: string | undefined;
  readonly routerId: string;
  readonly asn: number;
  readonly port?: number | undefined;
  readonly listenAddress?: string | undefined;
  readonly ignoredInterfaces: readonly string[];
  /** It is a route reflector. */
  readonly clusterId?: string | undefined;
  readonly peers: readonly BirdPeer[];
  /** Of all manifests. */
  readonly filters: readonly BgpFilterModel[];
  readonly advertisements: BgpConfigurationModel["advertisements"];
  /** Metric of usual routes; absent: this version gives routes none. */
  readonly priority?: number | undefined;
  readonly pools: readonly BirdPool[];
  readonly programs: ClusterRoutes;
  /** Underlay subnet. */
  readonly subnet?: string | undefined;
  readonly blocks: readonly string[];
  readonly services: ServiceRoutes;
  /** Ranges that a route reflector passes on. */
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
}

export interface BirdParts {
  readonly pools: readonly BirdPool[];
  /** Those of the node. */
  readonly blocks: readonly string[];
  readonly facts: ServiceFacts;
  /** Routes have metrics (versions.ts). */
  readonly hasPriority: boolean;
  /** Which pools' routes it writes where BGPConfiguration says nothing. */
  readonly programs: ClusterRoutes;
  readonly routerId?: string | undefined;
}

const PROGRAMS: Readonly<Record<NonNullable<BgpConfigurationModel["programClusterRoutes"]>, ClusterRoutes>> = {
  Enabled: { ipip: true, plain: true },
  Disabled: { ipip: false, plain: false },
  EnabledIPIPOnly: { ipip: true, plain: false },
  EnabledNoEncapOnly: { ipip: false, plain: true },
};

export function clusterRoutes(world: Omit<BgpWorld, "nodes">, usual: ClusterRoutes): ClusterRoutes {
  const { programClusterRoutes } = globalConfiguration(world);
  return programClusterRoutes === undefined ? usual : PROGRAMS[programClusterRoutes];
}

/** BIRD, and not Felix, writes the routes of this pool. */
export function programsPool({ ipip, plain }: ClusterRoutes, pool: Pick<IpPoolModel, "ipip" | "vxlan">): boolean {
  if (pool.vxlan !== "Never") return false;
  return pool.ipip === "Never" ? plain : ipip;
}

/** As calico-node derives it without IPv4 (CALICO_ROUTER_ID=hash, confd/pkg/resource/template/util.go). */
function hashedId(node: string): string {
  const [first = 0, ...rest] = sha256(node).subarray(0, 4);
  return [first > 223 ? first - 32 : first, ...rest].join(".");
}

export function birdConfig(world: BgpWorld, node: BgpNode, family: Family, parts: BirdParts): BirdConfig {
  const global = globalConfiguration(world);
  const address = node.address[family];
  const own = nodeConfiguration(world, node);
  const inFamily = (all: readonly string[]): readonly string[] => all.filter((one) => familyOf(one) === family);
  const hasOwn = own !== undefined && own.advertisements.length > 0;
  return {
    node: node.name,
    family,
    address,
    routerId: parts.routerId ?? node.address.ipv4 ?? hashedId(node.name),
    asn: asOf(world, node),
    port: portOf(world, node),
    listenAddress: global.bindMode === "NodeIP" ? address : undefined,
    ignoredInterfaces: global.ignoredInterfaces,
    clusterId: node.clusterId,
    peers: birdPeers(world, node, family),
    filters: world.filters,
    advertisements: (hasOwn ? own : global).advertisements.filter(({ cidr }) => familyOf(cidr) === family),
    priority: parts.hasPriority ? priorityOf(global, family) : undefined,
    pools: parts.pools.filter((pool) => pool.family === family),
    programs: clusterRoutes(world, parts.programs),
    subnet: node.subnet[family],
    blocks: inFamily(parts.blocks).toSorted((a, b) => (a.replace("/", "-") < b.replace("/", "-") ? -1 : 1)),
    services: serviceRoutes(node, parts.facts, global, family),
    externalIPs: inFamily(global.externalIPs),
    loadBalancerIPs: inFamily(global.loadBalancerIPs),
  };
}
