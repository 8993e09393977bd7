/**
 * The BGP speakers of a cluster with kube-router: a GoBGP on each node, which announces the node's part of the pod network and, to
 * peers outside, Services (pkg/controllers/routing/{bgp_peers,bgp_policies,ecmp_vip}.go).
 */
import { because } from "../../../../cause.ts";
import type { Cause } from "../../../../cause.ts";
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import type { EndpointSliceModel, ServiceModel } from "../../../../kube/service/service.ts";
import { perObject } from "../../../../memo.ts";
import type { Family } from "../../../../net/family.ts";
import {
  canonicalAddress,
  canonicalPrefix,
  DEFAULT_ROUTE,
  familyOf,
  HOST_LENGTH,
  perFamily,
} from "../../../../net/families.ts";
import { parsePrefix, prefixContains, type Prefix } from "../../../../net/address.ts";
import { kindedName } from "../../../../net/object-ref.ts";
import { clusterBgp } from "../../../bgp/cluster-bgp.ts";
import type { BgpFilter, BgpNeighbour, BgpRoute, BgpSpeaker } from "../../../bgp/model.ts";
import type { ClusterModel } from "../../../cluster.ts";
import type { KubeRouterModel, RouterBgp } from "../model.ts";
import { withinRanges } from "../proxy/services.ts";
import { nodeBgp } from "./node-bgp.ts";
import type { NodeBgp } from "./node-bgp.ts";

type Cluster = ClusterModel<KubeRouterModel>;

interface Member {
  readonly node: Pick<ClusterNode, "name" | "address" | "podCIDR">;
  readonly bgp: NodeBgp;
  readonly asn: number;
}

/** `nodes` as they are annotated. */
function membersOf(nodes: readonly ClusterNode[], { mesh, asn }: RouterBgp): readonly Member[] {
  return nodes.map((node) => {
    const bgp = nodeBgp(node);
    return { node, bgp, asn: mesh ? asn : (bgp.asn ?? 0) };
  });
}

/** Clients of reflectors have those alone as neighbours; without a full mesh only nodes of one AS are. */
function isNeighbour(own: Member, other: Member, { mesh }: RouterBgp): boolean {
  if (own === other || (own.bgp.role === "client" && other.bgp.role !== "server")) return false;
  return mesh || own.asn === other.asn;
}

function internalNeighbours(
  own: Member,
  members: readonly Member[],
  settings: RouterBgp,
  cause: Cause,
): readonly BgpNeighbour[] {
  return members
    .filter((other) => isNeighbour(own, other, settings))
    .flatMap(({ node, bgp }) =>
      perFamily(node.address).map(([, address]) => ({
        name: address,
        address,
        asn: own.asn,
        client: own.bgp.role === "server" && bgp.role === "client",
        cause,
      })),
    );
}

const isWithin = (prefix: string, ranges: readonly Prefix[]): boolean => {
  const parsed = parsePrefix(prefix);
  return parsed !== undefined && ranges.some((range) => range.length <= parsed.length && prefixContains(range, parsed));
};

/** Which routes of the node its neighbours get: within the AS its pods', outside also its Services'. A reflector sends all that it has. */
function exportFilter({ bgp, node }: Member, settings: RouterBgp, isExternal: boolean): BgpFilter | undefined {
  if (bgp.role === "server") return undefined;
  const pods = new Set(perFamily(node.podCIDR).map(([, range]) => canonicalPrefix(range)));
  const { prepend, communities } = bgp;
  return (path) => {
    const isPods = pods.has(path.prefix);
    if (path.from !== undefined) return "kube-router passes on nothing but routes of its own";
    if (!isExternal) return isPods ? path : "addresses of Services go to peers outside of the cluster alone";
    if (isPods && !settings.advertisePods) return "advertisePodCIDR: false";
    return {
      ...path,
      asPath: [...Array.from({ length: prepend?.times ?? 0 }, () => prepend?.asn ?? 0), ...path.asPath],
      communities: [...path.communities, ...communities],
    };
  };
}

function importFilter({ bgp }: Member, services: readonly BgpRoute[]): BgpFilter | undefined {
  if (bgp.role === "server") return undefined;
  const own = new Set(services.map(({ prefix }) => prefix));
  const rejected = bgp.rejected.flatMap((text) => parsePrefix(text) ?? []);
  return (path) => {
    if (own.has(path.prefix)) return "it announces this address of a Service itself";
    if (Object.values(DEFAULT_ROUTE).includes(path.prefix as (typeof DEFAULT_ROUTE)[Family]))
      return "kube-router takes no default route";
    return isWithin(path.prefix, rejected) ? "kube-router.io/node.bgp.customimportreject" : path;
  };
}

const ADVERTISE = { clusterIP: "clusterip", externalIP: "externalip", loadBalancerIP: "loadbalancerip" } as const;

/** Whether a node has an endpoint of a Service, ready or not. */
function hasEndpoint(slices: readonly EndpointSliceModel[], service: ServiceModel, node: string): boolean {
  return slices.some(
    (slice) =>
      slice.namespace === service.namespace &&
      slice.service === service.name &&
      slice.endpoints.some(({ nodeName }) => nodeName === node),
  );
}

/** Addresses of Services that a node announces. */
function serviceRoutes({ cni, services, slices }: Cluster, node: string): readonly BgpRoute[] {
  const found = new Map<string, BgpRoute>();
  for (const one of services) {
    if (one.headless || one.type === "ExternalName") continue;
    const service = withinRanges(one, cni.serviceRanges);
    const kinds = [
      ["clusterIP", service.clusterIPs, service.internalTrafficPolicy],
      ["externalIP", service.externalIPs, service.externalTrafficPolicy],
      [
        "loadBalancerIP",
        service.loadBalancerIPs.flatMap(({ ip, ipMode }) => (ipMode === "Proxy" ? [] : [ip])),
        service.externalTrafficPolicy,
      ],
    ] as const;
    for (const [kind, addresses, policy] of kinds) {
      const asked = service.annotations[`kube-router.io/service.advertise.${ADVERTISE[kind]}`];
      const isOn = asked === undefined ? cni.bgp.services[kind] : /^(?:1|t|T|TRUE|true|True)$/.test(asked);
      if (!isOn || (policy === "Local" && !hasEndpoint(slices, service, node))) continue;
      for (const address of addresses.map(canonicalAddress)) {
        const prefix = `${address}/${HOST_LENGTH[familyOf(address)]}`;
        const cause = because(service.cause, `${node} announces the address of ${kindedName("Service", service)}`);
        if (!found.has(prefix)) found.set(prefix, { prefix, cause });
      }
    }
  }
  return [...found.values()];
}

/** The speakers of nodes; `services`: addresses that a node announces. */
export function speakersOf(
  nodes: readonly ClusterNode[],
  settings: RouterBgp,
  cause: Cause,
  services: (node: string) => readonly BgpRoute[],
): readonly BgpSpeaker[] {
  const members = membersOf(nodes, settings);
  const inside = because(
    cause,
    settings.mesh ? "--nodes-full-mesh: each node speaks to each other" : "nodes of one AS speak to each other",
  );
  return members.map((member): BgpSpeaker => {
    const { node, bgp, asn } = member;
    const own = services(node.name);
    const outside = because(cause, `${node.name}: ${bgp.peersBy}`);
    const peers = [...settings.peers, ...(settings.peers.length > 0 ? [] : bgp.peers)];
    const filters = (isExternal: boolean): Partial<BgpNeighbour> => ({
      import: importFilter(member, own),
      export: exportFilter(member, settings, isExternal),
    });
    return {
      name: node.name,
      asn,
      routerId: node.address.ipv4 ?? "0.0.0.0",
      address: node.address,
      ...(bgp.role === "server" ? { clusterId: bgp.clusterId } : {}),
      ecmp: 1,
      routes: [
        ...perFamily(node.podCIDR).map(([, range]) => ({
          prefix: canonicalPrefix(range),
          cause: because(cause, `${node.name} announces the addresses of its pods`),
        })),
        ...own,
      ],
      neighbours: [
        ...internalNeighbours(member, members, settings, inside).map((one) => ({ ...one, ...filters(false) })),
        ...peers.map((peer) => ({ name: peer.address, ...peer, cause: outside, ...filters(true) })),
      ],
    };
  });
}

export const routerSpeakers = perObject((cluster: Cluster): readonly BgpSpeaker[] =>
  speakersOf(cluster.nodes, cluster.cni.bgp, cluster.cni.cause, (node) => serviceRoutes(cluster, node)),
);

export interface LearnedRoute {
  /** Canonical prefix. */
  readonly to: string;
  readonly family: Family;
  readonly nextHop: string;
  readonly cause: Cause;
}

/** What a node has learned from others: its best paths. */
export function learnedRoutes(cluster: Cluster, { name }: ClusterNode): readonly LearnedRoute[] {
  return [...(clusterBgp(cluster, routerSpeakers).tables.get(name)?.values() ?? [])].flatMap(({ best }) => {
    const { prefix: to, family, nextHop, from, origin } = best;
    if (from === undefined || nextHop === undefined) return [];
    return [{ to, family, nextHop, cause: because(best.cause, `a route of ${origin} by BGP, from ${from.name}`) }];
  });
}
