/** What is known once the whole cluster is: sessions that stay down, addresses that no node can announce. */
import type { MetallbObjects } from "../../kube/metallb/metallb-objects.ts";
import { prefixesOf } from "../../kube/metallb/metallb-objects.ts";
import { parseAddress, prefixContains } from "../../net/address.ts";
import { modelPrefix } from "../../net/families.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { ClusterBgp } from "../bgp/cluster-bgp.ts";
import { checkPeerAddress } from "../bgp/peer-check.ts";
import { wholeBgp } from "../bgp/router-table.ts";
import { ROUTER } from "../bgp/routers.ts";
import type { ClusterModel } from "../cluster.ts";
import { electedNode, isOnSubnet } from "./layer2.ts";
import { nodeSpeakers, speakerName } from "./speakers.ts";

/** The router's BIRD and daemons of nodes are real ones together, or none is. */
function checkDaemons(cluster: ClusterModel, { sessions, speakers }: ClusterBgp, scope: Scope): void {
  const daemons = new Map(speakers.map(({ name, daemon }) => [name, daemon]));
  const wanted = daemons.get(ROUTER);
  for (const session of sessions) {
    if (session.state === "down" || wanted === undefined) continue;
    const names = session.ends.map(({ speaker }) => speaker);
    const other = names.find((name) => name !== ROUTER) ?? "";
    if (!names.includes(ROUTER) || daemons.get(other) !== undefined) continue;
    scope
      .at("loadBalancer", "bgp", "daemon")
      .error(
        `the router speaks to real daemons with bird, and ${other} is computed`,
        cluster.metallb?.daemon === "bird"
          ? `leave it out, or take a network plugin whose daemon may be real: cni: { plugin: calico, bgp: { daemon: bird } }`
          : "loadBalancer: { bgp: { daemon: bird } }",
      );
    return;
  }
}

function warnOfSessions(cluster: ClusterModel, objects: MetallbObjects, { sessions }: ClusterBgp): void {
  const own = new Set(nodeSpeakers(cluster).map(({ name }) => name));
  const nodes = new Map(cluster.nodes.map(({ name }) => [speakerName(name), name]));
  for (const { model, scope } of objects.peers) {
    const down = sessions.flatMap((one) =>
      one.state === "down" && own.has(one.end.speaker) && one.end.neighbour.name === model.name
        ? [{ node: nodes.get(one.end.speaker) ?? "", why: one.why }]
        : [],
    );
    // A node that is down is not a mistake of the file.
    for (const [why, ends] of Map.groupBy(
      down.filter(({ node }) => cluster.nodes.find((one) => one.name === node)?.down !== true),
      (one) => one.why.replaceAll(one.node, "the node"),
    )) {
      const [first] = ends;
      const names = ends.map(({ node }) => node).join(", ");
      scope
        .at("spec", "peerAddress")
        .warn(
          `MetalLB's session of ${names} with ${model.address} stays down: ${ends.length === 1 ? (first?.why ?? "") : why}`,
          HINT,
        );
    }
  }
}

const HINT =
  "BGPPeer and router must name each other's AS; where the network plugin has a session with the router, let it announce the addresses, too";

/** A node that nothing on its subnet would ask for the address. */
function warnOfSubnets(
  cluster: ClusterModel,
  services: readonly { readonly who: string; readonly scope: Scope }[],
): void {
  const { metallb } = cluster;
  if (metallb === undefined) return;
  for (const { who, scope } of services) {
    const service = cluster.services.find(({ namespace, name }) => `${namespace}/${name}` === who);
    const elected = service === undefined ? undefined : electedNode(cluster, metallb, service);
    if (service === undefined || elected === undefined) continue;
    const first = service.loadBalancerIPs.find(({ ip }) => !isOnSubnet(elected.node, ip) && !isLearned(cluster, ip));
    if (first !== undefined)
      scope
        .at("metadata", "name")
        .warn(
          `Service ${who}: ${elected.node.name} answers for ${first.ip} at layer 2, and nothing on its subnet asks there`,
          "addresses of a node subnet, nodeSelectors of the L2Advertisement, or a BGPAdvertisement",
        );
  }
}

function isLearned(cluster: ClusterModel, ip: string): boolean {
  const address = parseAddress(ip);
  const known = wholeBgp(cluster).tables.get(ROUTER)?.keys() ?? [];
  return address !== undefined && [...known].some((prefix) => prefixContains(modelPrefix(prefix), address));
}

/** Addresses that nodes and routers have. */
function warnOfTaken(cluster: ClusterModel, { pools }: MetallbObjects): void {
  const taken = [
    ...cluster.nodes.flatMap(({ name, address }) => Object.values(address).map((one) => ({ one, who: name }))),
    ...cluster.switches.flatMap(({ gateway }) => Object.values(gateway).map((one) => ({ one, who: "the router" }))),
  ];
  for (const { model, scope } of pools) {
    const ranges = prefixesOf(model).map(modelPrefix);
    const found = taken.find(({ one }) => {
      const address = parseAddress(one);
      return address !== undefined && ranges.some((range) => prefixContains(range, address));
    });
    if (found !== undefined)
      scope
        .at("spec", "addresses")
        .warn(
          `IPAddressPool ${model.name} has ${found.one}, the address of ${found.who}, and MetalLB would give it to a Service`,
          "take addresses that nothing else has",
        );
  }
}

/** `services`: with their places. `scope`: of the cluster. */
export function checkMetallb(
  cluster: ClusterModel,
  objects: MetallbObjects,
  services: readonly { readonly who: string; readonly scope: Scope }[],
  scope: Scope,
): void {
  if (cluster.metallb === undefined) return;
  const bgp = wholeBgp(cluster);
  warnOfTaken(cluster, objects);
  for (const { model, scope: place } of objects.peers)
    checkPeerAddress(model.address, bgp.speakers, place.at("spec", "peerAddress"));
  warnOfSessions(cluster, objects, bgp);
  warnOfSubnets(cluster, services);
  checkDaemons(cluster, bgp, scope);
}
