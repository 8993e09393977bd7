/** The BGP speakers of a cluster with Calico: a BIRD on each node, which announces the node's blocks, what it borrowed of others', and Services. */
import { because } from "../../../../cause.ts";
import type { Cause } from "../../../../cause.ts";
import { perObject } from "../../../../memo.ts";
import { familyOf, perFamily } from "../../../../net/families.ts";
import type { Family } from "../../../../net/family.ts";
import type { ClusterModel } from "../../../cluster.ts";
import type { BgpNeighbour, BgpRoute, BgpSpeaker } from "../../../bgp/model.ts";
import { ownNodeName } from "../../../lab-names.ts";
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import { destinationsOf } from "../destinations.ts";
import type { CalicoModel } from "../model.ts";
import { VERSION_FACTS } from "../versions.ts";
import { birdConfig, clusterRoutes } from "./bird-config.ts";
import type { BirdConfig, BirdParts, ClusterRoutes } from "./bird-config.ts";
import { MOST_PREFERRED } from "./filter-text.ts";
import { exportFilter, importFilter } from "./route-filters.ts";
import { asOf, bgpNode } from "./world.ts";
import type { BgpWorld } from "./world.ts";

type Cluster = ClusterModel<CalicoModel>;

/** BIRD's `merge paths` takes so many. */
const MERGED_PATHS = 16;

const worldOf = perObject(({ name, nodes, cni }: Cluster): BgpWorld => ({
  ...cni.bgp,
  nodes: nodes.map((node) => bgpNode(node, ownNodeName(name, node.name))),
  cause: cni.cause,
}));

/** Slices with the names that the cluster itself gives its nodes. */
const factsOf = perObject(({ name, services, slices }: Cluster): BirdParts["facts"] => ({
  services,
  slices: slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.map((one) =>
      one.nodeName === undefined ? one : { ...one, nodeName: ownNodeName(name, one.nodeName) },
    ),
  })),
}));

/** What BIRD writes unless BGPConfiguration says otherwise. */
const usualRoutes = ({ cni }: Cluster): ClusterRoutes => ({
  ipip: !VERSION_FACTS[cni.version].felixRoutesIpip,
  plain: true,
});

/** Which pools' routes BIRD writes into the kernel. */
export const routesOfBird = perObject((cluster: Cluster): ClusterRoutes =>
  clusterRoutes(worldOf(cluster), usualRoutes(cluster)),
);

/** The configuration of a node's BIRD, in each family that the node has. */
export function birdConfigs(cluster: Cluster, node: ClusterNode): readonly BirdConfig[] {
  const { name, cni } = cluster;
  const own = ownNodeName(name, node.name);
  const parts: BirdParts = {
    pools: cni.pools,
    blocks: cni.blocks.filter((block) => block.node === own).map(({ cidr }) => cidr),
    facts: factsOf(cluster),
    hasPriority: VERSION_FACTS[cni.version].routeMetric !== undefined,
    programs: usualRoutes(cluster),
  };
  const world = worldOf(cluster);
  const bird = world.nodes.find((one) => one.name === own);
  if (bird === undefined) return [];
  return perFamily(node.address).map(([family]) => birdConfig(world, bird, family, parts));
}

function neighboursOf(config: BirdConfig): readonly BgpNeighbour[] {
  const decided = new Map<string, string | undefined>();
  return config.peers.map((peer) => ({
    name: peer.name,
    address: peer.address,
    asn: peer.asn,
    source: peer.source,
    localAs: peer.localAs,
    client: peer.clusterId !== undefined,
    nextHop: peer.nextHop,
    addPaths: true,
    ownAs: peer.ownAs,
    passive: peer.passive,
    import: importFilter(config, peer),
    export: exportFilter(config, peer, decided),
    cause: peer.cause,
  }));
}

/** A route of the node's own that it announces, and why. */
function ownRoutes(cluster: Cluster, node: ClusterNode, configs: readonly BirdConfig[]): readonly BgpRoute[] {
  const own = ownNodeName(cluster.name, node.name);
  const localPref = (family: Family): { readonly localPref?: number } => {
    const priority = configs.find((one) => one.family === family)?.priority;
    return priority === undefined ? {} : { localPref: MOST_PREFERRED - priority };
  };
  const route = (prefix: string, cause: Cause): BgpRoute => ({ prefix, ...localPref(familyOf(prefix)), cause });
  return [
    ...destinationsOf(cluster)
      .filter((one) => one.node === own)
      .map(({ to, pool, borrowedBy }) => route(to, because(borrowedBy ?? pool.cause, `${node.name} announces it`))),
    ...configs.flatMap(({ services }) => services.routes.map(({ prefix, cause }) => route(prefix, cause))),
  ];
}

export const calicoSpeakers = perObject((cluster: Cluster): readonly BgpSpeaker[] =>
  cluster.nodes.map((node) => {
    const configs = birdConfigs(cluster, node);
    const [first] = configs;
    const bird = worldOf(cluster).nodes.find(({ name }) => name === ownNodeName(cluster.name, node.name));
    return {
      name: node.name,
      asn: bird === undefined ? 0 : asOf(worldOf(cluster), bird),
      routerId: first?.routerId ?? "",
      address: node.address,
      daemon: cluster.cni.bgp.daemon === "bird" ? "bird" : undefined,
      clusterId: bird?.clusterId,
      ecmp: MERGED_PATHS,
      routes: ownRoutes(cluster, node, configs),
      neighbours: configs.flatMap(neighboursOf),
    };
  }),
);
