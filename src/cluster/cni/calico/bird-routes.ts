/**
 * The routes that BIRD writes on a node: a blackhole for each static one (its own blocks, addresses of Services), and what it has
 * learned, as far as `calico_kernel_programming` lets it (confd's bird_ipam.cfg).
 */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { newRoute } from "../../../fabric/specs.ts";
import type { Spec } from "../../../fabric/topology.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { parseAddress, prefixContains } from "../../../net/address.ts";
import { familyOf, HOST_LENGTH, modelPrefix } from "../../../net/families.ts";
import { clusterBgp } from "../../bgp/cluster-bgp.ts";
import { learnedText } from "../../bgp/learned-routes.ts";
import type { BgpEntry } from "../../bgp/model.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { BirdConfig } from "./bgp/bird-config.ts";
import { programsPool } from "./bgp/bird-config.ts";
import { MOST_PREFERRED } from "./bgp/filter-text.ts";
import { birdConfigs, calicoSpeakers } from "./bgp/speakers.ts";
import { IPIP_DEVICE, poolOf } from "./encapsulation.ts";
import type { CalicoModel } from "./model.ts";

type Cluster = ClusterModel<CalicoModel>;

const PROTOCOL = "bird";
const UPLINK = "eth0";

const daemonOf = ({ cni }: Cluster): string | undefined => (cni.bgp.daemon === "bird" ? "bird" : undefined);

const isIn = (address: string, range: string | undefined): boolean => {
  const one = parseAddress(address.split("/", 1)[0] ?? "");
  return one !== undefined && range !== undefined && prefixContains(modelPrefix(range), one);
};

/** The filter between BIRD's table and the kernel. */
function isWritten({ cni }: Cluster, { services, programs }: BirdConfig, to: string): boolean {
  if (services.rejected.some((range) => isIn(to, range))) return false;
  const pool = poolOf(cni, to);
  return pool === undefined || programsPool(programs, pool);
}

/** How the packets get to a next hop: BIRD resolves it recursively, which in another subnet leads to the router. */
function hopTo(
  { cni, switches }: Cluster,
  node: ClusterNode,
  { family, subnet }: BirdConfig,
  to: string,
  nextHop: string,
) {
  const pool = poolOf(cni, to);
  const isNear = isIn(nextHop, subnet);
  if (pool !== undefined && family === "ipv4" && pool.ipip !== "Never" && !(pool.ipip === "CrossSubnet" && isNear))
    return { via: nextHop, dev: IPIP_DEVICE, onlink: true };
  const gateway = switches.find(({ name }) => name === node.switch)?.gateway[family];
  const via = isNear ? nextHop : gateway;
  return via === undefined ? undefined : { via, dev: UPLINK, onlink: false };
}

function learnedRoute(
  cluster: Cluster,
  node: ClusterNode,
  config: BirdConfig,
  entry: BgpEntry,
): Spec<"route"> | undefined {
  const { best, used } = entry;
  const { prefix: to, family, localPref } = best;
  const hops = used.flatMap(({ nextHop = "" }) => hopTo(cluster, node, config, to, nextHop) ?? []);
  const different = [...new Map(hops.map((hop) => [hop.via, hop])).values()];
  const [first] = different;
  if (first === undefined) return undefined;
  const way = first.dev === UPLINK ? "by the underlay itself" : `through ${first.dev}`;
  const cause: Cause = because(best.cause, `BIRD: ${learnedText(entry)}; ${way}`);
  const metric = config.priority === undefined ? {} : { metric: MOST_PREFERRED - localPref };
  const route = { to, family, protocol: PROTOCOL, daemon: daemonOf(cluster), ...metric, cause };
  if (different.length === 1) return newRoute({ ...route, ...first });
  return newRoute({ ...route, nexthops: different.map(({ via, dev }) => ({ via, dev, weight: 1 })) });
}

/** A static route leads nowhere here; addresses of pods that it borrowed are not static. */
function staticRoute(
  { blocks, services }: BirdConfig,
  to: string,
  cause: Cause,
  daemon: string | undefined,
): Spec<"route"> | undefined {
  const isBlock = blocks.includes(to) && !to.endsWith(`/${HOST_LENGTH[familyOf(to)]}`);
  if (!isBlock && !services.routes.some(({ prefix }) => prefix === to)) return undefined;
  const what = isBlock
    ? "addresses of the node's own block that no pod has"
    : "kube-proxy takes packets before they are routed";
  return newRoute({
    to,
    family: familyOf(to),
    type: "blackhole",
    protocol: PROTOCOL,
    daemon,
    cause: because(cause, `BIRD: blackhole: ${what}`),
  });
}

export function addBirdRoutes(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const table = clusterBgp(cluster, calicoSpeakers).tables.get(node.name) ?? new Map<string, BgpEntry>();
  const configs = new Map(birdConfigs(cluster, node).map((config) => [config.family, config]));
  for (const [to, entry] of table) {
    const config = configs.get(entry.best.family);
    if (config === undefined || !isWritten(cluster, config, to)) continue;
    const route =
      entry.used.length === 0
        ? staticRoute(config, to, entry.best.cause, daemonOf(cluster))
        : learnedRoute(cluster, node, config, entry);
    if (route !== undefined) draft.add(route);
  }
}
