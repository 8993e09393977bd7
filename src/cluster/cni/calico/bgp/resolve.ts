/** BGP of a cluster with Calico: what manifests name must be there, and what stays without a session is reported. */
import type { BgpPeerModel } from "../../../../kube/bgp-peer/bgp-peer.ts";
import type { Placed } from "../../../../kube/calico/bgp-objects.ts";
import { readAsNumber } from "../../../../kube/calico/as-number.ts";
import type { Cause } from "../../../../cause.ts";
import { parseAddress } from "../../../../net/address.ts";
import { perFamily } from "../../../../net/families.ts";
import { didYouMean } from "../../../../syntax/nearest.ts";
import type { Scope } from "../../../../syntax/scope.ts";
import type { BgpSpeaker } from "../../../bgp/model.ts";
import { checkPeerAddress, warnOfSessions } from "../../../bgp/peer-check.ts";
import { routerSpeakers } from "../../../bgp/routers.ts";
import type { NetworkFacts } from "../../plugin.ts";
import { birdPeers } from "./peers.ts";
import { asOf, bgpNode, globalConfiguration, NODE_ANNOTATIONS, nodesMatching } from "./world.ts";
import type { BgpManifests, BgpWorld } from "./world.ts";

function checkAnnotations({ nodes }: NetworkFacts, scope: Scope): void {
  for (const { name, annotations = {} } of nodes) {
    const asn = annotations[NODE_ANNOTATIONS.asn];
    const id = annotations[NODE_ANNOTATIONS.clusterId] ?? "";
    if (asn !== undefined && readAsNumber(asn) === undefined)
      scope.error(`${name}: ${NODE_ANNOTATIONS.asn}: invalid AS Number format (${asn})`, "1 to 4294967295");
    if (id !== "" && parseAddress(id)?.family !== "ipv4")
      scope.error(
        `${name}: ${NODE_ANNOTATIONS.clusterId}: "${id}" is not a cluster id`,
        "written as an IPv4 address: 1.0.0.1",
      );
  }
}

function checkNames({ model, scope }: Placed<BgpPeerModel>, world: BgpWorld): void {
  const names = world.nodes.map(({ name }) => name);
  const filters = world.filters.map(({ name }) => name);
  model.filters.forEach((name, i) => {
    if (!filters.includes(name))
      scope
        .at("spec", "filters", i)
        .dangling(
          `BGPFilter "${name}" not found`,
          filters.length === 0 ? "add a BGPFilter manifest of that name" : didYouMean(name, filters, "there are"),
        );
  });
  if (model.node !== undefined && !names.includes(model.node))
    scope.at("spec", "node").dangling(`node "${model.node}" not found`, didYouMean(model.node, names, "there are"));
  for (const field of ["nodeSelector", "peerSelector"] as const) {
    const selector = model[field];
    if (selector !== undefined && nodesMatching(world, selector).length === 0)
      scope
        .at("spec", field)
        .warn(`${selector} selects no node`, "labels of nodes: nodes: [{ name: node1, labels: { … } }]");
  }
}

/** False: nothing speaks BGP at the address; the message says who could be meant. */
function checkAddress(
  { model: { peerIP, asn }, scope }: Placed<BgpPeerModel>,
  speakers: readonly BgpSpeaker[],
): boolean {
  if (peerIP === undefined) return true;
  const place = scope.at("spec", "peerIP");
  if (asn === undefined)
    place.keyError("a BGPPeer with peerIP needs asNumber", "the AS of the peer; 64512 is that of the nodes");
  return checkPeerAddress(peerIP.address, speakers, place);
}

function speakersOf(world: BgpWorld, facts: NetworkFacts): readonly BgpSpeaker[] {
  const nodes = world.nodes.map((node): BgpSpeaker => ({
    name: node.name,
    asn: asOf(world, node),
    routerId: node.address.ipv4 ?? "",
    address: node.address,
    ecmp: 1,
    routes: [],
    neighbours: perFamily(node.address).flatMap(([family]) => birdPeers(world, node, family)),
  }));
  return [...nodes, ...(facts.routerBgp === undefined ? [] : routerSpeakers(facts.routerBgp, facts, nodes))];
}

/** Debian's BIRD 2 cannot write routes through IPIP: `krt_tunnel` is Calico's own. */
export function checkDaemon(daemon: string, ipipByBird: boolean, scope: Scope): void {
  if (daemon === "bird" && ipipByBird)
    scope.error(
      "BIRD 2 cannot write routes through tunl0: krt_tunnel is in Calico's own BIRD",
      "from version 3.31 on Felix writes these routes; or leave daemon out",
    );
}

export function resolveBgp(facts: NetworkFacts, scope: Scope, cause: Cause): BgpManifests {
  const { configurations, peers, filters } = facts.bgp;
  const models = <T extends { readonly name: string }>(placed: readonly Placed<T>[]): readonly T[] =>
    placed.map(({ model }) => model).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const manifests = { configurations: models(configurations), peers: models(peers), filters: models(filters) };
  const world: BgpWorld = { ...manifests, nodes: facts.nodes.map((node) => bgpNode(node, node.name)), cause };
  checkAnnotations(facts, scope);
  const speakers = speakersOf(world, facts);
  for (const placed of peers) checkNames(placed, world);
  const reached = peers.filter((placed) => checkAddress(placed, speakers));
  const places = new Map(reached.map((placed) => [placed.model.cause.object, placed.scope.at("spec")]));
  warnOfSessions(speakers, ({ neighbour }) => places.get(neighbour.cause.object));
  const without = configurations.find(({ model }) => model.name === "default" && model.mesh === false);
  if (
    without !== undefined &&
    globalConfiguration(world).mesh === false &&
    peers.length === 0 &&
    facts.nodes.length > 1
  )
    without.scope
      .at("spec", "nodeToNodeMeshEnabled")
      .warn("the nodes have no BGP sessions: no mesh, and no BGPPeer", "BGPPeer manifests say who the peers are");
  return manifests;
}
