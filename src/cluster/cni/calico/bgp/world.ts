/** What a node's BIRD is configured from: the nodes, and the manifests that are about BGP. */
import type { BgpConfigurationModel } from "../../../../kube/bgp-configuration/bgp-configuration.ts";
import { plainConfiguration } from "../../../../kube/bgp-configuration/bgp-configuration.ts";
import type { BgpFilterModel } from "../../../../kube/bgp-filter/bgp-filter.ts";
import type { BgpPeerModel } from "../../../../kube/bgp-peer/bgp-peer.ts";
import { readAsNumber } from "../../../../kube/calico/as-number.ts";
import { parseSelector, selects } from "../../../../kube/calico/selector.ts";
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import type { Cause } from "../../../../cause.ts";
import type { PerFamily } from "../../../../net/family.ts";

/** Calico's default (libcalico-go). */
const DEFAULT_AS = 64_512;

/** Of a node: the ones that calico-node reads in Kubernetes' datastore mode (libcalico-go/lib/backend/k8s/resources/node.go). */
export const NODE_ANNOTATIONS = {
  asn: "projectcalico.org/ASNumber",
  clusterId: "projectcalico.org/RouteReflectorClusterID",
} as const;

export interface BgpNode {
  /** By the name that the cluster itself gives it. */
  readonly name: string;
  readonly address: PerFamily<string>;
  /** Underlay subnet. */
  readonly subnet: PerFamily<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Its own; absent: that of its configuration. */
  readonly asn?: number | undefined;
  /** It is a route reflector. */
  readonly clusterId?: string | undefined;
}

/** Plain data: it is kept with the lab. */
export interface BgpManifests {
  readonly configurations: readonly BgpConfigurationModel[];
  readonly peers: readonly BgpPeerModel[];
  readonly filters: readonly BgpFilterModel[];
}

export interface BgpWorld extends BgpManifests {
  readonly nodes: readonly BgpNode[];
  readonly cause: Cause;
}

/** `name`: as the cluster itself calls it. */
export function bgpNode({ address, subnet, labels, annotations = {} }: ClusterNode, name: string): BgpNode {
  const clusterId = annotations[NODE_ANNOTATIONS.clusterId] ?? "";
  return {
    name,
    address,
    subnet,
    labels,
    asn: readAsNumber(annotations[NODE_ANNOTATIONS.asn] ?? ""),
    ...(clusterId === "" ? {} : { clusterId }),
  };
}

export function globalConfiguration({ configurations, cause }: Omit<BgpWorld, "nodes">): BgpConfigurationModel {
  return configurations.find(({ name }) => name === "default") ?? plainConfiguration("default", cause);
}

/** A node's own configuration, which wins. */
export function nodeConfiguration({ configurations }: BgpManifests, node: BgpNode): BgpConfigurationModel | undefined {
  return configurations.find(({ name }) => name === `node.${node.name}`);
}

export const globalAs = (world: BgpWorld): number => globalConfiguration(world).asn ?? DEFAULT_AS;

/** The AS of one node alone. */
export function ownAsOf(world: BgpWorld, node: BgpNode): number | undefined {
  return node.asn ?? nodeConfiguration(world, node)?.asn;
}

/** The AS that a node's BIRD is in. */
export const asOf = (world: BgpWorld, node: BgpNode): number => ownAsOf(world, node) ?? globalAs(world);

export function portOf(world: BgpWorld, node: BgpNode): number | undefined {
  return nodeConfiguration(world, node)?.listenPort ?? globalConfiguration(world).listenPort;
}

export function nodesMatching({ nodes }: Pick<BgpWorld, "nodes">, selector: string): readonly BgpNode[] {
  const parsed = parseSelector(selector);
  return nodes.filter(({ labels }) => selects(parsed, labels));
}
