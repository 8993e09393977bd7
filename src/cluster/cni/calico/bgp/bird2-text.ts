/** What confd-text.ts says, for Debian's BIRD 2: a channel per family, and one process for both. */
import { headText, kernelText, section, textOf, TIMERS } from "../../../bgp/bird-text.ts";
import type { BirdConfig } from "./bird-config.ts";
import { birdStatements, sessionFilters } from "./bird-statements.ts";
import { filterFunctions } from "./filter-text.ts";
import type { BirdPeer } from "./peers.ts";

const NAMES =
  /\b(apply_communities|reject_local_routes|calico_aggr|calico_export_to_bgp_peers|calico_kernel_programming)\b/g;

/** BIRD 1.6 never writes the routes that devices have. */
const NO_DEVICES = "if source = RTS_DEVICE then reject;";

function peerText(config: BirdConfig, peer: BirdPeer): readonly string[] {
  const { family } = config;
  const when = (condition: boolean, line: string): readonly string[] => (condition ? [line] : []);
  const own = [peer.source ?? config.listenAddress ?? "", config.port === undefined ? "" : `port ${config.port}`];
  const port = peer.port === undefined ? "" : ` port ${peer.port}`;
  const filters = sessionFilters(config, peer);
  return section(`protocol bgp ${peer.name}`, [
    ["local", ...own.filter((word) => word !== ""), "as", `${peer.localAs ?? config.asn};`].join(" "),
    `neighbor ${peer.address}${port} as ${peer.asn};`,
    peer.ttlSecurity === undefined ? "multihop;" : `multihop ${peer.ttlSecurity}; ttl security on;`,
    ...TIMERS,
    "graceful restart on;",
    ...when(peer.passive, "passive on;"),
    ...when(peer.restartTime !== undefined, `graceful restart time ${peer.restartTime};`),
    ...when(peer.keepaliveTime !== undefined, `keepalive time ${peer.keepaliveTime};`),
    ...when(peer.clusterId !== undefined, `rr client; rr cluster id ${peer.clusterId};`),
    ...when(peer.ownAs > 0, `allow local as ${peer.ownAs};`),
    ...section(
      family,
      [
        "add paths on;",
        "gateway recursive;",
        ...when(peer.nextHop !== undefined, `next hop ${peer.nextHop};`),
        ...section("import filter", filters.import, "};"),
        ...section("export filter", filters.export, "};"),
      ],
      "};",
    ),
  ]);
}

function familyText(config: BirdConfig): readonly string[] {
  const { family } = config;
  const { applyCommunities, aggregation, exportToPeers, kernelFilter, staticRoutes: routes } = birdStatements(config);
  const local = ['if (defined(ifname)) then { if (ifname ~ "bpf*.cali") then { reject; } }'];
  const lines = [
    ...section("function apply_communities()", applyCommunities),
    ...section("function reject_local_routes()", local),
    ...section("function calico_aggr()", aggregation),
    ...section("function calico_export_to_bgp_peers(bool internal_peer)", exportToPeers),
    ...section("filter calico_kernel_programming", [NO_DEVICES, ...kernelFilter]),
    ...(routes.length === 0 ? [] : section(`protocol static static_${family}`, [`${family};`, ...routes])),
    ...kernelText(family, "filter calico_kernel_programming", ["learn;", "persist;"]),
    ...filterFunctions(config.filters, family),
    ...config.peers.flatMap((peer) => peerText(config, peer)),
  ];
  return ["", ...lines.map((line) => line.replaceAll(NAMES, `$1_${family}`))];
}

/** `configs`: of one node, a family each. */
export function bird2Text(configs: readonly BirdConfig[]): string {
  const [first] = configs;
  if (first === undefined) return "";
  const families = configs.map(({ family }) => family);
  return textOf([
    ...headText(first.routerId, families, birdStatements(first).interfaces),
    ...configs.flatMap(familyText),
  ]);
}
