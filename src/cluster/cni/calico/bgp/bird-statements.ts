/** The filters of a node's BIRD, as statements that BIRD 1.6 of Calico and BIRD 2 both read (bird_ipam.cfg.template, bgp_processor.go). */
import { FELIX_TUNNELS, IPIP_DEVICE } from "../encapsulation.ts";
import { programsPool } from "./bird-config.ts";
import type { BirdConfig, BirdPool } from "./bird-config.ts";
import { communityStatement, filterCalls, MOST_PREFERRED } from "./filter-text.ts";
import type { BirdPeer } from "./peers.ts";

/** What lets a route win over one of the node's own. */
const OVERRIDE = 200;

export const sameAs = ({ asn }: BirdConfig, peer: BirdPeer): boolean => peer.asn === (peer.localAs ?? asn);

function importStatements(config: BirdConfig, peer: BirdPeer): readonly string[] {
  const { priority } = config;
  return [
    ...filterCalls(config.filters, peer.filters, "import", config.family, sameAs(config, peer)),
    ...(priority === undefined
      ? []
      : [
          `if (defined(bgp_local_pref)&&(bgp_local_pref > ${MOST_PREFERRED - priority})) then`,
          `  preference = ${OVERRIDE};`,
        ]),
    "accept;",
  ];
}

function exportStatements(config: BirdConfig, peer: BirdPeer): readonly string[] {
  const { priority } = config;
  const same = sameAs(config, peer);
  return [
    ...(priority === undefined
      ? []
      : [
          "if (defined(source) && source = RTS_BGP && defined(bgp_local_pref)) then {",
          `  krt_metric = ${MOST_PREFERRED} - bgp_local_pref;`,
          "} else {",
          `  if (!defined(krt_metric)) then { krt_metric = ${priority}; }`,
          `  bgp_local_pref = ${MOST_PREFERRED} - krt_metric;`,
          "}",
        ]),
    ...filterCalls(config.filters, peer.filters, "export", config.family, same),
    `calico_export_to_bgp_peers(${same});`,
    "reject;",
  ];
}

function communityStatements({ advertisements }: BirdConfig): readonly string[] {
  return advertisements
    .filter(({ communities }) => communities.length > 0)
    .flatMap(({ cidr, communities }) => [
      `if ( net ~ ${cidr} ) then {`,
      ...communities.map((one) => `    ${communityStatement(one)}`),
      "}",
    ]);
}

/** What of the node's own blocks is announced: the blocks, and nothing in them. */
function aggregationStatements({ blocks, priority }: BirdConfig): readonly string[] {
  return blocks.flatMap((block) => [
    `# Block ${block} is confirmed`,
    `if ( net = ${block} ) then { accept; }`,
    ...(priority === undefined ? [] : [`if ( net ~ ${block} && krt_metric < ${priority} ) then { accept; }`]),
    `if ( net ~ ${block} ) then { reject; }`,
  ]);
}

const byText = (pools: readonly BirdPool[]): readonly BirdPool[] =>
  pools.toSorted((a, b) => (a.cidr < b.cidr ? -1 : 1));

/** The body of `calico_export_to_bgp_peers`. */
function exportToPeers(config: BirdConfig): readonly string[] {
  const { pools, programs, services, clusterId, loadBalancerIPs, externalIPs } = config;
  const tunnels = [...FELIX_TUNNELS, ...(programs.ipip ? [] : [IPIP_DEVICE])];
  const accept = (prefix: string): string => `if ( net ~ ${prefix} ) then { accept; }`;
  const closed = byText(pools.filter(({ unexported }) => unexported === true));
  const open = byText(pools.filter(({ unexported }) => unexported !== true));
  return [
    ...closed.map(({ cidr }) => `if (net ~ ${cidr}) then { reject; } # BGP export is disabled.`),
    "if (internal_peer) then {",
    "  if (defined(ifname)) then {",
    `    if (${tunnels.map((pattern) => `(ifname ~ "${pattern}")`).join(" || ")}) then {`,
    "      reject;",
    "    }",
    "  }",
    "}",
    "reject_local_routes();",
    "apply_communities();",
    "calico_aggr();",
    ...services.routes.map(({ prefix }) => accept(prefix)),
    ...(clusterId === undefined ? [] : [...loadBalancerIPs, ...externalIPs].map(accept)),
    ...open.map(({ cidr }) => `if (net ~ ${cidr}) then { accept; }`),
  ];
}

function kernelStatement({ programs, family, subnet }: BirdConfig, pool: BirdPool): string | undefined {
  const { cidr, ipip, vxlan } = pool;
  if (!programsPool(programs, pool)) {
    const who = vxlan === "Never" ? "Cluster routes are" : "VXLAN routes are";
    return `if (net ~ ${cidr}) then { reject; } # ${who} handled by Felix.`;
  }
  // IPv6 is accepted at the end.
  if (family === "ipv6") return undefined;
  if (ipip === "Never") return `if (net ~ ${cidr}) then { accept; }`;
  const tunnel = `krt_tunnel="${IPIP_DEVICE}";`;
  return ipip === "Always"
    ? `if (net ~ ${cidr}) then { ${tunnel} accept; }`
    : `if (net ~ ${cidr}) then { if (defined(bgp_next_hop)&&(bgp_next_hop ~ ${subnet})) then krt_tunnel=""; else ${tunnel} accept; }`;
}

/** The body of `calico_kernel_programming`. */
function kernelFilter(config: BirdConfig): readonly string[] {
  const { services, priority, pools, family, subnet } = config;
  const statements = byText(pools).flatMap((pool) => kernelStatement(config, pool) ?? []);
  return [
    ...services.rejected.map((prefix) => `if ( net ~ ${prefix} ) then { reject; }`),
    ...(priority === undefined
      ? []
      : [
          "if (defined(source) && (source = RTS_BGP) && !defined(krt_metric)) then {",
          `    krt_metric = ${priority};`,
          "    if (defined(bgp_local_pref)) then {",
          `        krt_metric = ${MOST_PREFERRED} - bgp_local_pref;`,
          "    }",
          `    if (krt_metric < ${priority}) then {`,
          `        preference = ${OVERRIDE};`,
          "    }",
          "}",
        ]),
    ...(family === "ipv6" || subnet !== undefined ? statements : []),
    "accept;",
  ];
}

/** Body of the static protocol. */
function staticRoutes({ blocks, services, peers, family }: BirdConfig): readonly string[] {
  const single = family === "ipv4" ? "/32" : "/128";
  const gateways = peers.filter(({ reachableBy }) => reachableBy !== undefined);
  return [
    ...blocks.filter((block) => !block.endsWith(single)).map((block) => `route ${block} blackhole;`),
    ...services.routes.map(({ prefix }) => `route ${prefix} blackhole;`),
    ...gateways.map(({ address, reachableBy }) => `route ${address}${single} via ${reachableBy};`),
  ];
}

/** What a node's BIRD says of routes, by the names of its filters and functions. */
export interface BirdStatements {
  readonly applyCommunities: readonly string[];
  readonly aggregation: readonly string[];
  readonly exportToPeers: readonly string[];
  readonly kernelFilter: readonly string[];
  readonly staticRoutes: readonly string[];
  /** Of the protocol `direct`, as BIRD lists them. */
  readonly interfaces: string;
}

export function birdStatements(config: BirdConfig): BirdStatements {
  const interfaces = [...config.ignoredInterfaces.map((one) => `-"${one}"`), '-"cali*"', '-"kube-ipvs*"', '"*"'];
  return {
    applyCommunities: communityStatements(config),
    aggregation: aggregationStatements(config),
    exportToPeers: exportToPeers(config),
    kernelFilter: kernelFilter(config),
    staticRoutes: staticRoutes(config),
    interfaces: interfaces.join(", "),
  };
}

/** What a session's filters say. */
export function sessionFilters(
  config: BirdConfig,
  peer: BirdPeer,
): { readonly import: readonly string[]; readonly export: readonly string[] } {
  return { import: importStatements(config, peer), export: exportStatements(config, peer) };
}
