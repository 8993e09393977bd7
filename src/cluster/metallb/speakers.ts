/**
 * MetalLB's speakers as BGP speakers: one on each node that has a peer. They dial, take no sessions and learn no routes (metallb 7938d3f8,
 * speaker/bgp_controller.go, internal/bgp/frr/frr.go).
 */
import { because } from "../../cause.ts";
import type { MetallbPeerModel } from "../../kube/metallb/metallb-objects.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { perObject } from "../../memo.ts";
import { FAMILIES, familyOf, HOST_LENGTH } from "../../net/families.ts";
import type { BgpFilter, BgpNeighbour, BgpRoute, BgpSpeaker } from "../bgp/model.ts";
import { BGP_PORT } from "../bgp/routers.ts";
import type { ClusterModel } from "../cluster.ts";
import { announcementsOf, isOfNode } from "./announcements.ts";
import type { Announcement } from "./announcements.ts";
import { isOnSubnet } from "./layer2.ts";

/** What a peer hears of a prefix. */
export interface SaidPrefix {
  readonly prefix: string;
  /** 0: none. */
  readonly localPref: number;
  readonly communities: readonly string[];
}

/** A peer of a node. */
export interface SpeakerPeer {
  readonly model: MetallbPeerModel;
  /** 0: none is the right one. */
  readonly asn: number;
  /** Why the session stays down in any case. */
  readonly down?: string | undefined;
  readonly said: readonly SaidPrefix[];
}

export interface NodeSpeaker {
  readonly node: ClusterNode;
  readonly name: string;
  readonly asn: number;
  readonly routerId: string;
  readonly peers: readonly SpeakerPeer[];
  readonly announcements: readonly Announcement[];
}

/** Names of nodes have no colon. */
export const speakerName = (node: string): string => `${node}:metallb`;

/** FRR sets communities and local preference for prefixes, by all advertisements that a peer gets. */
function saidTo(
  { name, address, bothFamilies }: MetallbPeerModel,
  all: readonly Announcement[],
): readonly SaidPrefix[] {
  const own = all.filter(
    ({ advertisement: { peers }, prefix }) =>
      (peers.length === 0 || peers.includes(name)) && (bothFamilies || familyOf(prefix) === familyOf(address)),
  );
  return [...Map.groupBy(own, ({ prefix }) => prefix)].map(([prefix, some]) => ({
    prefix,
    localPref: Math.max(...some.map(({ advertisement }) => advertisement.localPref)),
    communities: [...new Set(some.flatMap(({ advertisement }) => advertisement.communities))].toSorted(),
  }));
}

const isInternal = ({ myAsn, localAsn }: MetallbPeerModel, asn: number): boolean => asn === (localAsn ?? myAsn);

/** What keeps a session down, whatever the other end does. */
function obstacle(node: ClusterNode, model: MetallbPeerModel, asn: number): string | undefined {
  const { address, source, port, multiHop, dynamicAsn } = model;
  const internal = isInternal(model, asn);
  if (node.down === true) return `${node.name} has lost its link`;
  if (port !== BGP_PORT) return `nothing listens on its port ${port}: BGP is on ${BGP_PORT}`;
  if (source !== undefined && !Object.values(node.address).includes(source))
    return `${node.name} does not have the address ${source}`;
  if (dynamicAsn !== undefined && (asn === 0 || internal !== (dynamicAsn === "internal")))
    return `dynamicASN is ${dynamicAsn}, and ${address} is in AS ${asn} as ${internal ? "the node is, too" : "another one"}`;
  // FRR expects an eBGP peer on a link of its own; for IPv6 MetalLB turns that off (disable-connected-check).
  if (!internal && !multiHop && familyOf(address) === "ipv4" && !isOnSubnet(node, address))
    return `it is not on a subnet of ${node.name}, and the BGPPeer does not say ebgpMultiHop: true`;
  return undefined;
}

/** By node. */
export const nodeSpeakers = perObject((cluster: ClusterModel): readonly NodeSpeaker[] => {
  const { metallb, nodes, routerBgp } = cluster;
  if (metallb === undefined) return [];
  return nodes.flatMap((node) => {
    const models = metallb.peers.filter((peer) => isOfNode(peer, node));
    const [first] = models;
    if (first === undefined) return [];
    const announcements = announcementsOf(cluster, node);
    const peers = models.map((model) => {
      const asn = model.peerAsn ?? routerBgp?.asn ?? 0;
      return { model, asn, down: obstacle(node, model, asn), said: saidTo(model, announcements) };
    });
    const routerId = models.find((one) => one.routerId !== undefined)?.routerId ?? node.address.ipv4 ?? "0.0.0.0";
    return [{ node, name: speakerName(node.name), asn: first.myAsn, routerId, peers, announcements }];
  });
});

function exportFilter({ said }: SpeakerPeer): BgpFilter {
  const known = new Map(said.map((one) => [one.prefix, one]));
  return (path) => {
    const found = known.get(path.prefix);
    if (found === undefined) return "no BGPAdvertisement of this peer has it";
    return {
      ...path,
      communities: found.communities,
      localPref: found.localPref === 0 ? path.localPref : found.localPref,
    };
  };
}

function neighbourOf(peer: SpeakerPeer): BgpNeighbour {
  const { model, asn, down } = peer;
  return {
    name: model.name,
    address: model.address,
    asn,
    source: model.source,
    localAs: model.localAsn,
    ...(model.bothFamilies ? { families: FAMILIES } : {}),
    nextHop: "self",
    password: model.password,
    down,
    import: () => "MetalLB takes no routes",
    export: exportFilter(peer),
    cause: model.cause,
  };
}

/** The cause of an address on its own is the Service; of a larger prefix it is the advertisement that makes one of it. */
function routeOf(node: ClusterNode, prefix: string, all: readonly Announcement[]): readonly BgpRoute[] {
  const [first] = all;
  if (first === undefined) return [];
  const { advertisement, service } = first;
  const isSingle = prefix.endsWith(`/${HOST_LENGTH[familyOf(prefix)]}`);
  const [object, by] = isSingle ? [service.cause, advertisement.cause] : [advertisement.cause, service.cause];
  return [{ prefix, by: by.object, cause: because(object, `${node.name} announces ${prefix}`) }];
}

export const metallbSpeakers = perObject((cluster: ClusterModel): readonly BgpSpeaker[] => {
  const { metallb } = cluster;
  return nodeSpeakers(cluster).map(({ node, name, asn, routerId, peers, announcements }) => ({
    name,
    asn,
    routerId,
    address: node.address,
    dials: true,
    daemon: metallb?.daemon === "bird" ? "bird" : undefined,
    ecmp: 1,
    routes: [...Map.groupBy(announcements, ({ prefix }) => prefix)].flatMap(([prefix, some]) =>
      routeOf(node, prefix, some),
    ),
    neighbours: peers.map(neighbourOf),
  }));
});
