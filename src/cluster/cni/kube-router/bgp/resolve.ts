/** BGP of a cluster with kube-router: what flags and annotations of nodes say, and whether anything is at the other end. */
import type * as z from "zod";
import type { Cause } from "../../../../cause.ts";
import { formatAddress } from "../../../../net/address.ts";
import { readAddress } from "../../../../syntax/address-field.ts";
import type { Scope } from "../../../../syntax/scope.ts";
import { checkPeerAddress, warnOfSessions } from "../../../bgp/peer-check.ts";
import { routerSpeakers } from "../../../bgp/routers.ts";
import type { NetworkFacts } from "../../plugin.ts";
import type { kubeRouterSchema, RouterBgp } from "../model.ts";
import { nodeBgp } from "./node-bgp.ts";
import { speakersOf } from "./speakers.ts";

type Document = z.infer<ReturnType<typeof kubeRouterSchema>>;

/** --cluster-asn. */
const DEFAULT_AS = 64512;
const PRIVATE = [
  [64_512, 65_535],
  [4_200_000_000, 4_294_967_294],
] as const;

function resolvePeers(doc: Document, scope: Scope): RouterBgp["peers"] {
  const { peerRouterIPs: ips = [], peerRouterASNs: asns = [] } = doc;
  if (ips.length !== asns.length)
    scope
      .at(ips.length === 0 ? "peerRouterASNs" : "peerRouterIPs")
      .error(
        "invalid peer router config, the number of IPs and ASN numbers must be equal",
        "one AS number for each address",
      );
  return ips.flatMap((text, i) => {
    const address = readAddress(text, scope.at("peerRouterIPs", i));
    return address === undefined ? [] : [{ address: formatAddress(address), asn: asns[i] ?? 0 }];
  });
}

/** Annotations are at their nodes. */
function checkNodes(settings: RouterBgp, { nodes, places }: NetworkFacts, scope: Scope): void {
  for (const node of nodes) {
    const place = places.get(node.name) ?? scope;
    const { asn } = nodeBgp(node, (annotation, message) =>
      place
        .at("annotations", annotation)
        .error(
          `${node.name}: ${annotation}: ${message}`,
          "kubectl annotate node shows how it is written: docs/bgp.md of kube-router",
        ),
    );
    if (!settings.mesh && asn === undefined && node.annotations?.["kube-router.io/node.asn"] === undefined)
      place.error(
        `${node.name}: could not find ASN number for the node. Node needs to be annotated with ASN number details to start BGP server`,
        'annotations: { kube-router.io/node.asn: "64512" }, or nodesFullMesh: true',
      );
  }
}

function checkPeers(settings: RouterBgp, facts: NetworkFacts, scope: Scope, cause: Cause): void {
  const nodes = speakersOf(facts.nodes, settings, cause, () => []);
  const all = [...nodes, ...(facts.routerBgp === undefined ? [] : routerSpeakers(facts.routerBgp, facts, nodes))];
  settings.peers.forEach(({ address }, i) => checkPeerAddress(address, all, scope.at("peerRouterIPs", i)));
  const known = new Map<string, Scope>();
  for (const node of settings.peers.length > 0 ? [] : facts.nodes) {
    const { peers, peersBy } = nodeBgp(node);
    const place = (facts.places.get(node.name) ?? scope).at("annotations", peersBy);
    for (const { address } of peers)
      if (checkPeerAddress(address, all, place)) known.set(`${node.name} ${address}`, place);
  }
  warnOfSessions(all, ({ speaker, neighbour }) => known.get(`${speaker} ${neighbour.address}`));
}

export function resolveBgp(doc: Document, facts: NetworkFacts, scope: Scope, cause: Cause): RouterBgp {
  const asn = doc.clusterASN ?? DEFAULT_AS;
  if (!PRIVATE.some(([from, to]) => asn >= from && asn <= to))
    scope.at("clusterASN").error("invalid ASN number for cluster ASN", "64512 to 65535, or 4200000000 to 4294967294");
  const settings: RouterBgp = {
    asn,
    mesh: doc.nodesFullMesh ?? true,
    advertisePods: doc.advertisePodCIDR ?? true,
    services: {
      clusterIP: doc.advertiseClusterIP ?? false,
      externalIP: doc.advertiseExternalIP ?? false,
      loadBalancerIP: doc.advertiseLoadbalancerIP ?? false,
    },
    peers: resolvePeers(doc, scope),
  };
  checkNodes(settings, facts, scope);
  checkPeers(settings, facts, scope, cause);
  return settings;
}
