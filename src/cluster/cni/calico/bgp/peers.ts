/**
 * The peers of a node's BIRD in one family, as confd derives them of BGPPeers and the mesh (projectcalico/calico 87c15906,
 * confd/pkg/backends/calico/{client,bgp_processor}.go): those for all nodes before those for some, then the other ends of both.
 */
import type { BgpPeerModel } from "../../../../kube/bgp-peer/bgp-peer.ts";
import { because } from "../../../../cause.ts";
import { perObject } from "../../../../memo.ts";
import type { Cause } from "../../../../cause.ts";
import { familyOf } from "../../../../net/families.ts";
import type { Family } from "../../../../net/family.ts";
import { asOf, globalAs, globalConfiguration, nodesMatching, ownAsOf, portOf } from "./world.ts";
import type { BgpNode, BgpWorld } from "./world.ts";

export interface BirdPeer {
  /** `Mesh_10_0_0_2`. */
  readonly name: string;
  readonly address: string;
  readonly port?: number | undefined;
  readonly asn: number;
  /** In place of the node's. */
  readonly localAs?: number | undefined;
  /** Absent: what the kernel chooses. */
  readonly source?: string | undefined;
  /** Hops of ttl security; absent: off. */
  readonly ttlSecurity?: number | undefined;
  readonly filters: readonly string[];
  readonly passive: boolean;
  /** Seconds. */
  readonly restartTime?: number | undefined;
  readonly keepaliveTime?: number | undefined;
  /** It is a client of this reflector, whose cluster id this is. */
  readonly clusterId?: string | undefined;
  readonly nextHop?: "self" | "keep" | undefined;
  readonly ownAs: number;
  readonly reachableBy?: string | undefined;
  readonly cause: Cause;
}

type Kind = "Global" | "Node";

/** An entry of a node's list, before the node looks at it. */
interface Candidate {
  readonly kind: Kind;
  readonly address: string;
  readonly port?: number | undefined;
  readonly asn: number;
  readonly isNode: boolean;
  /** Of the peer, if it is a node. */
  readonly peerClusterId?: string | undefined;
  /** The other end of what the manifest says of other nodes. */
  readonly reversed: boolean;
  readonly model: BgpPeerModel;
}

const keyOf = ({ address, port }: Pick<Candidate, "address" | "port">): string => `${address} ${port ?? 0}`;

const isGlobal = ({ node, nodeSelector }: BgpPeerModel): boolean => node === undefined && nodeSelector === undefined;

/** Nodes that have the peer: those that it names. */
function ownersOf(world: BgpWorld, { node, nodeSelector }: BgpPeerModel): readonly BgpNode[] {
  if (nodeSelector !== undefined) return nodesMatching(world, nodeSelector);
  return node === undefined ? world.nodes : world.nodes.filter(({ name }) => name === node);
}

function nodeCandidate(world: BgpWorld, node: BgpNode, family: Family, model: BgpPeerModel) {
  const address = node.address[family];
  if (address === undefined) return [];
  const peer = { address, port: portOf(world, node), asn: asOf(world, node) };
  return [{ ...peer, isNode: false, peerClusterId: node.clusterId, model }];
}

/** Nodes that an address and an AS mean. */
function nodesAt(world: BgpWorld, { address, port }: NonNullable<BgpPeerModel["peerIP"]>, asn: number | undefined) {
  const global = globalAs(world);
  return world.nodes.filter((node) => {
    if (!Object.values(node.address).includes(address) || asOf(world, node) !== (asn ?? global)) return false;
    return port === undefined || (portOf(world, node) ?? port) === port;
  });
}

function peersOf(
  world: BgpWorld,
  model: BgpPeerModel,
  family: Family,
): readonly Omit<Candidate, "kind" | "reversed">[] {
  const { peerIP, peerSelector, asn } = model;
  if (peerSelector !== undefined)
    return nodesMatching(world, peerSelector).flatMap((node) => nodeCandidate(world, node, family, model));
  if (peerIP === undefined || familyOf(peerIP.address) !== family) return [];
  const [node] = peerIP.port === undefined ? nodesAt(world, peerIP, asn) : [];
  const port = peerIP.port ?? (node === undefined ? undefined : portOf(world, node));
  const isNode = world.nodes.some((one) => Object.values(one.address).includes(peerIP.address));
  return [{ address: peerIP.address, port, asn: asn ?? 0, isNode, model }];
}

/** The nodes that a manifest makes peers, and who they are peers of. */
function reverseOf(world: BgpWorld, model: BgpPeerModel, family: Family, node: BgpNode): readonly Candidate[] {
  if (!model.reverses) return [];
  const { peerIP, peerSelector, asn } = model;
  const isPeer =
    peerSelector === undefined
      ? peerIP !== undefined && familyOf(peerIP.address) === family && nodesAt(world, peerIP, asn).includes(node)
      : nodesMatching(world, peerSelector).includes(node);
  if (!isPeer) return [];
  return ownersOf(world, model).flatMap((owner) =>
    nodeCandidate(world, owner, family, model).map((one) => ({ ...one, kind: "Node" as const, reversed: true })),
  );
}

/** The first entry of an address and port counts. */
function candidatesOf(world: BgpWorld, node: BgpNode, family: Family): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (all: readonly Candidate[]): void => {
    for (const one of all) if (!found.has(keyOf(one))) found.set(keyOf(one), one);
  };
  const direct = (model: BgpPeerModel, kind: Kind): void =>
    add(peersOf(world, model, family).map((one) => ({ ...one, kind, reversed: false })));
  for (const model of world.peers) if (isGlobal(model)) direct(model, "Global");
  for (const model of world.peers) if (!isGlobal(model) && ownersOf(world, model).includes(node)) direct(model, "Node");
  for (const model of world.peers) add(reverseOf(world, model, family, node));
  return [...found.values()];
}

const nameOf = (kind: string, address: string, port?: number): string =>
  [`${kind}_${address.replaceAll(/[.:]/g, "_")}`, ...(port === undefined ? [] : [`port_${port}`])].join("_");

function nextHopOf({ model, asn }: Candidate, own: number): BirdPeer["nextHop"] {
  if (model.nextHopMode === "Self") return "self";
  if (model.nextHopMode === "Keep") return "keep";
  return model.nextHopMode === undefined && model.keepsNextHop && asn !== own ? "keep" : undefined;
}

function birdPeer(world: BgpWorld, node: BgpNode, own: string, candidate: Candidate): BirdPeer {
  const { kind, address, port, asn, isNode, peerClusterId, model, reversed } = candidate;
  const selected = reversed || model.peerSelector !== undefined;
  // What only peerIP has; nodes that a selector finds, and other ends, do without.
  const localAs = selected ? undefined : model.localAs;
  const effective = localAs ?? asOf(world, node);
  const isClient =
    asn === effective &&
    node.clusterId !== undefined &&
    (peerClusterId === undefined || peerClusterId !== node.clusterId);
  return {
    name: nameOf(kind, address, port),
    address,
    port,
    asn,
    localAs,
    source: model.sourceAddress === "UseNodeIP" ? own : undefined,
    ttlSecurity: model.ttlSecurity,
    filters: model.filters,
    // As texts, as confd compares them.
    passive: kind === "Global" && isNode && address > own,
    restartTime: model.restartTime,
    keepaliveTime: model.keepaliveTime,
    clusterId: isClient ? node.clusterId : undefined,
    nextHop: nextHopOf(candidate, effective),
    ownAs: selected ? 0 : model.ownAs,
    reachableBy: model.reachableBy,
    cause: because(model.cause, `${node.name}'s session with ${address}`),
  };
}

/** What all nodes of the mesh have in common about one of them, in the order of their names. */
const meshMembers = perObject((world: BgpWorld) => {
  const membersIn = (family: Family) =>
    world.nodes
      .flatMap((node) => {
        const address = node.address[family];
        if (address === undefined || node.clusterId !== undefined) return [];
        const { name } = node;
        return [
          { node: name, name: nameOf("Mesh", address), address, port: portOf(world, node), asn: ownAsOf(world, node) },
        ];
      })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { ipv4: membersIn("ipv4"), ipv6: membersIn("ipv6") };
});

const NO_FILTERS: readonly never[] = [];

function meshPeers(world: BgpWorld, node: BgpNode, family: Family, own: string): readonly BirdPeer[] {
  const global = globalConfiguration(world);
  if (node.clusterId !== undefined || global.mesh === false) return [];
  const usual = asOf(world, node);
  const peers: BirdPeer[] = [];
  for (const { node: other, name, address, port, asn } of meshMembers(world)[family])
    if (address !== own)
      peers.push({
        name,
        address,
        port,
        asn: asn ?? usual,
        source: own,
        filters: NO_FILTERS,
        passive: address > own,
        restartTime: global.meshRestartTime,
        ownAs: 0,
        cause: because(global.cause, `node-to-node mesh: ${node.name}'s session with ${other}`),
      });
  return peers;
}

/** In the order of their names. Empty without an address in that family. */
export function birdPeers(world: BgpWorld, node: BgpNode, family: Family): readonly BirdPeer[] {
  const own = node.address[family];
  if (own === undefined) return [];
  return [
    ...meshPeers(world, node, family, own),
    ...candidatesOf(world, node, family)
      .filter(({ address }) => address !== own)
      .map((candidate) => birdPeer(world, node, own, candidate)),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
