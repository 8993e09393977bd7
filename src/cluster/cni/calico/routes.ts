/**
 * Routes between nodes. Those of Felix (felix/dataplane/linux/{route_mgr,vxlan_mgr,ipip_mgr,noencap_mgr}.go) are written here: a route
 * per block of another node, a blackhole for each own one, and a single address where one was borrowed. Those of BIRD are in bird-routes.ts.
 */
import type { IpPoolModel } from "../../../kube/ip-pool/ip-pool.ts";
import type { Cause } from "../../../cause.ts";
import { because } from "../../../cause.ts";
import { newFdb } from "../../../fabric/device.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { newNeighbour, newRoute } from "../../../fabric/specs.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { ClusterModel } from "../../cluster.ts";
import { ownNodeName } from "../../lab-names.ts";
import { programsPool } from "./bgp/bird-config.ts";
import { routesOfBird } from "./bgp/speakers.ts";
import { addBirdRoutes } from "./bird-routes.ts";
import { destinationsOf, destinationText } from "./destinations.ts";
import type { Destination } from "./destinations.ts";
import { tunnelAddress, tunnelsOf, tunnelTo } from "./encapsulation.ts";
import type { CalicoModel } from "./model.ts";
import { vtepMac } from "./names.ts";
import { VERSION_FACTS } from "./versions.ts";

type Cluster = ClusterModel<CalicoModel>;

/** Felix' own protocol number (RouteSyncer's RemoteRouteProtocol). */
const FELIX = "80";

/** Felix writes a pool's routes, and not BIRD. */
const isFelix = (cluster: Cluster, pool: IpPoolModel): boolean => !programsPool(routesOfBird(cluster), pool);

function metricOf({ cni }: Cluster): { readonly metric?: number } {
  const { routeMetric } = VERSION_FACTS[cni.version];
  return routeMetric === undefined ? {} : { metric: routeMetric };
}

function blackhole(cluster: Cluster, { to, pool }: Destination, draft: NodeDraft): void {
  draft.add(
    newRoute({
      to,
      family: pool.family,
      type: "blackhole",
      protocol: FELIX,
      ...metricOf(cluster),
      cause: because(pool.cause, "Felix: blackhole: addresses of the node's own block that no pod has"),
    }),
  );
}

function felixRoute(cluster: Cluster, from: ClusterNode, to: ClusterNode, one: Destination, draft: NodeDraft): void {
  const { pool } = one;
  const { family } = pool;
  const tunnel = tunnelTo(pool, from, to);
  const route = { to: one.to, family, protocol: FELIX, ...metricOf(cluster), onlink: true };
  const why = (way: string): Cause =>
    because(one.borrowedBy ?? pool.cause, `Felix: ${destinationText(one, to)}, ${way}`);
  if (tunnel === undefined) {
    const via = to.address[family];
    if (via !== undefined) draft.add(newRoute({ ...route, via, dev: "eth0", cause: why("by the underlay itself") }));
    return;
  }
  const via = tunnel.mode === "ipip" ? to.address.ipv4 : tunnelAddress(cluster, to, tunnel.device);
  if (via === undefined) return;
  draft.add(newRoute({ ...route, via, dev: tunnel.device, cause: why(`through ${tunnel.device}`) }));
}

/** Where VXLAN finds the other nodes: nothing is learnt. */
function addVteps(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  for (const { device: dev, family, mode } of tunnelsOf(cluster.cni.pools)) {
    if (mode !== "vxlan") continue;
    for (const remote of cluster.nodes) {
      const address = tunnelAddress(cluster, remote, dev);
      const dst = remote.address[family];
      if (remote.name === node.name || address === undefined || dst === undefined) continue;
      const mac = vtepMac(ownNodeName(cluster.name, remote.name), family);
      const why = (reason: string): Cause => because(cluster.cni.cause, reason);
      draft.add(
        newNeighbour({ address, mac, dev, cause: why(`MAC of ${remote.name}'s ${dev}`) }),
        newFdb({ mac, dev, dst, cause: why(`${remote.name}'s ${dev} is behind ${dst}`) }),
      );
    }
  }
}

export function addNodeRoutes(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const own = ownNodeName(cluster.name, node.name);
  const nodes = new Map(cluster.nodes.map((one) => [ownNodeName(cluster.name, one.name), one]));
  for (const one of destinationsOf(cluster).filter(({ pool }) => isFelix(cluster, pool))) {
    if (node.address[one.pool.family] === undefined) continue;
    const remote = nodes.get(one.node);
    if (one.node !== own) {
      if (remote !== undefined) felixRoute(cluster, node, remote, one, draft);
    } else if (one.borrowedBy === undefined) blackhole(cluster, one, draft);
  }
  addBirdRoutes(cluster, node, draft);
  addVteps(cluster, node, draft);
}
