/** Calico's settings and pools: defaults, and what Calico itself refuses, in its words. */
import { BLOCK_SIZES, blockMistake } from "../../../kube/ip-pool/ip-pool.ts";
import type { IpPoolModel, TunnelMode } from "../../../kube/ip-pool/ip-pool.ts";
import type * as z from "zod";
import { formatPrefix, prefixContains, prefixesOverlap } from "../../../net/address.ts";
import type { Prefix } from "../../../net/address.ts";
import { FAMILY_NAMES, modelPrefix, perFamily } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import type { Scope } from "../../../syntax/scope.ts";
import type { NetworkFacts } from "../plugin.ts";
import { clusterRoutes, programsPool } from "./bgp/bird-config.ts";
import { checkDaemon, resolveBgp } from "./bgp/resolve.ts";
import { DATAPLANES } from "./model.ts";
import type { CalicoModel, Dataplane, Encapsulation, calicoSchema } from "./model.ts";
import { VERSION_FACTS, VERSIONS } from "./versions.ts";
import type { CalicoVersion } from "./versions.ts";

export type CalicoDocument = z.infer<ReturnType<typeof calicoSchema>>;

const MODES: Readonly<Record<Encapsulation, { readonly ipip: TunnelMode; readonly vxlan: TunnelMode }>> = {
  IPIP: { ipip: "Always", vxlan: "Never" },
  IPIPCrossSubnet: { ipip: "CrossSubnet", vxlan: "Never" },
  VXLAN: { ipip: "Never", vxlan: "Always" },
  VXLANCrossSubnet: { ipip: "Never", vxlan: "CrossSubnet" },
  None: { ipip: "Never", vxlan: "Never" },
};

/** The pool that the operator makes of a pod network: `default-ipv4-ippool`. */
function defaultPool(doc: CalicoDocument, family: Family, cidr: Prefix, scope: Scope): IpPoolModel {
  const { encapsulation = "VXLANCrossSubnet" } = doc;
  const { ipip, vxlan } = MODES[encapsulation];
  return {
    name: `default-${family}-ippool`,
    cidr: formatPrefix(cidr),
    family,
    blockSize: doc.blockSize ?? BLOCK_SIZES[family].usual,
    // There is none for IPv6: such a pool is not encapsulated.
    ipip: family === "ipv4" ? ipip : "Never",
    vxlan,
    natOutgoing: doc.natOutgoing ?? true,
    disabled: false,
    nodeSelector: "all()",
    uses: ["Workload", "Tunnel"],
    cause: scope.cause("IPPool", `default-${family}-ippool: the pod network as a pool`),
  };
}

function checkBlocks({ cidr, blockSize, family }: IpPoolModel, place: Scope): void {
  const wrong = blockMistake(family, modelPrefix(cidr).length, blockSize, false);
  if (wrong !== undefined) place.error(wrong.message, wrong.hint);
}

/** Pools that share addresses, and pools that kube-proxy takes for the outside. */
function checkRanges(given: NetworkFacts["ipPools"], all: readonly IpPoolModel[], { podCIDR }: NetworkFacts): void {
  for (const { pool, scope } of given) {
    const place = scope.at("spec", "cidr");
    const prefix = modelPrefix(pool.cidr);
    const other = all.find((one) => one.name !== pool.name && prefixesOverlap(modelPrefix(one.cidr), prefix));
    if (other !== undefined)
      place.error(
        `IPPool(${pool.name}) CIDR overlaps with IPPool(${other.name}) CIDR ${other.cidr}`,
        "each address is of one pool",
      );
    const whole = podCIDR[pool.family];
    if (whole === undefined)
      place.error(`the cluster has no ${FAMILY_NAMES[pool.family]}`, "give the cluster a podCIDR of that family, too");
    else if (!prefixContains(whole, prefix))
      place.warn(
        `${pool.cidr} is not in podCIDR ${formatPrefix(whole)}: kube-proxy takes its pods for clients from outside`,
        "make the pools parts of podCIDR",
      );
  }
}

/** Without a tunnel only the router could lead from one subnet to another. */
function checkReach(pools: readonly IpPoolModel[], { switches, flat, routerBgp }: NetworkFacts, scope: Scope): void {
  if (switches.length < 2 || flat || routerBgp !== undefined) return;
  for (const { name, cidr, ipip, vxlan } of pools)
    if (ipip === "Never" && vxlan === "Never")
      scope.error(
        `${name} ${cidr} is not encapsulated, and the nodes are on ${switches.length} subnets: ${switches.map((one) => one.name).join(", ")}`,
        "the router between them must know pods: flat: true, or router: { bgp: … } and a BGPPeer; or choose encapsulation: VXLANCrossSubnet",
      );
}

/** Calico's own requirements of its mode nftables (its documentation, Calico nftables data plane). */
function checkDataplane(
  dataplane: Dataplane,
  version: CalicoVersion,
  { nodes, kubeProxy }: NetworkFacts,
  place: Scope,
): void {
  if (dataplane !== "Nftables") return;
  if (VERSION_FACTS[version].nftables === undefined)
    place.error(`Calico ${version} has no nftables data plane`, "it came with version 3.29");
  const other = nodes.map((node) => (node.kubeProxy ?? kubeProxy).mode).find((mode) => mode !== "nftables");
  if (other !== undefined)
    place.warn(
      `Calico in nftables mode requires kube-proxy in nftables mode, and it is in mode ${other}`,
      "write kubeProxy: nftables",
    );
}

export function resolveCalico(doc: CalicoDocument, facts: NetworkFacts, scope: Scope): CalicoModel {
  const given = facts.ipPools.map(({ pool }) => pool);
  const defaults = perFamily(facts.podCIDR)
    .filter(([family]) => !given.some((pool) => pool.family === family))
    .map(([family, cidr]) => defaultPool(doc, family, cidr, scope));
  // As Calico's clients list them.
  const pools = [...given, ...defaults].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const blockScope = scope.at("blockSize");
  if (doc.blockSize !== undefined && defaults.length > 1)
    blockScope.keyError(
      "one blockSize cannot be that of IPv4 and of IPv6",
      "give each pool its own by an IPPool manifest, or leave it out: 26 and 122",
    );
  else for (const pool of defaults) checkBlocks(pool, doc.blockSize === undefined ? scope.at("plugin") : blockScope);
  if (doc.maxBlocksPerHost !== undefined && doc.strictAffinity !== true)
    scope
      .at("maxBlocksPerHost")
      .keyError("MaxBlocksPerHost requires StrictAffinity to be enabled", "add strictAffinity: true");
  const linuxDataplane = doc.linuxDataplane ?? DATAPLANES[0];
  const version = doc.version ?? VERSIONS[0];
  const flowLogs = doc.flowLogs ?? false;
  if (flowLogs && !VERSION_FACTS[version].flowLogs)
    scope.at("flowLogs").error(`Calico ${version} has no flow logs`, "they came with version 3.30");
  checkDataplane(linuxDataplane, version, facts, scope.at("linuxDataplane"));
  checkRanges(facts.ipPools, pools, facts);
  checkReach(pools, facts, scope.at(doc.encapsulation === undefined ? "plugin" : "encapsulation"));
  const cause = scope.cause(scope.text, `calico ${version}`);
  const daemon = doc.bgp?.daemon ?? "computed";
  const bgp = { daemon, ...resolveBgp(facts, scope.at("bgp"), cause) };
  const usual = { ipip: !VERSION_FACTS[version].felixRoutesIpip, plain: true };
  const programs = clusterRoutes({ ...bgp, cause }, usual);
  const byBird = pools.some((pool) => pool.ipip !== "Never" && programsPool(programs, pool));
  checkDaemon(daemon, byBird, scope.at("bgp", "daemon"));
  return {
    plugin: "calico",
    version,
    linuxDataplane,
    flowLogs,
    pools,
    strictAffinity: doc.strictAffinity ?? false,
    maxBlocksPerHost: doc.maxBlocksPerHost ?? 20,
    bgp,
    blocks: [],
    tunnels: {},
    ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
    cause,
  };
}
