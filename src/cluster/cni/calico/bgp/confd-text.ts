/**
 * The configuration that confd writes on a node, for Calico's own BIRD 1.6 (node/filesystem/etc/calico/confd/templates/bird*.cfg.template).
 * Debian's BIRD 2 does not read it: what runs is bird2-text.ts, which says the same.
 */
import type { BirdConfig } from "./bird-config.ts";
import { birdStatements, sessionFilters } from "./bird-statements.ts";
import type { BirdStatements } from "./bird-statements.ts";
import { filterFunctions } from "./filter-text.ts";
import type { BirdPeer } from "./peers.ts";

const indented = (lines: readonly string[], by: number): readonly string[] =>
  lines.map((line) => `${" ".repeat(by)}${line}`);

/** `head { … }`. */
function block(head: string, lines: readonly string[], end = "}"): readonly string[] {
  return [`${head} {`, ...indented(lines, 2), end];
}

const optional = (
  value: string | number | undefined,
  statement: (value: string | number) => string,
): readonly string[] => (value === undefined ? [] : [statement(value)]);

function peerText(config: BirdConfig, peer: BirdPeer): readonly string[] {
  const port = peer.port === undefined ? "" : ` port ${peer.port}`;
  const isGuarded = peer.ttlSecurity !== undefined;
  const filters = sessionFilters(config, peer);
  return block(`protocol bgp ${peer.name} from bgp_template`, [
    ...optional(peer.localAs, (asn) => `local as ${asn};`),
    `neighbor ${peer.address}${port} as ${peer.asn};`,
    ...optional(peer.source, (source) => `source address ${source};  # The local address of the TCP connection`),
    `ttl security ${isGuarded ? "on" : "off"};`,
    isGuarded ? `multihop ${peer.ttlSecurity};` : "multihop;",
    ...block("import filter", filters.import, "};"),
    ...block("export filter", filters.export, "};"),
    ...(peer.passive ? ["passive on;"] : []),
    ...optional(peer.restartTime, (time) => `graceful restart time ${time};`),
    ...optional(peer.keepaliveTime, (time) => `keepalive time ${time};`),
    ...optional(peer.clusterId, (id) => `rr client;\n  rr cluster id ${id};`),
    ...optional(peer.nextHop, (mode) => `next hop ${mode};`),
    ...(peer.ownAs > 0 ? [`allow local as ${peer.ownAs};`] : []),
  ]);
}

function mainText(
  config: BirdConfig,
  { applyCommunities, interfaces }: BirdStatements,
  version: "" | "6",
): readonly string[] {
  const { listenAddress, port, address, asn } = config;
  const listen = [...optional(listenAddress, (one) => `address ${one}`), ...optional(port, (one) => `port ${one}`)];
  const sessions =
    address === undefined
      ? [`# IPv${version === "" ? "4" : "6"} disabled on this node.`]
      : [
          ...block("template bgp bgp_template", [
            "debug { states, routes, filters, events };",
            'description "Connection to BGP peer";',
            `local as ${asn};`,
            "gateway recursive;",
            "add paths on;",
            "graceful restart;",
            "connect delay time 2;",
            "connect retry time 5;",
            "error wait time 5,30;",
          ]),
          "",
          ...filterFunctions(config.filters, config.family),
          "",
          ...(config.peers.length === 0
            ? ["# No BGP peers configured for this node"]
            : config.peers.flatMap((peer) => [...peerText(config, peer), ""])),
        ];
  return [
    ...block("function apply_communities ()", applyCommunities),
    "",
    ...block("template kernel kernel_template", [
      "learn;             # Learn all alien routes from the kernel",
      "persist;           # Routes stay when BIRD ends",
      "scan time 2;",
      "import all;",
    ]),
    "",
    ...block("template direct direct_template", ["debug { states };", `interface ${interfaces};`]),
    "",
    `include "bird${version}_aggr.cfg";`,
    `include "bird${version}_ipam.cfg";`,
    "",
    `router id ${config.routerId};`,
    ...(listen.length === 0 ? [] : [`listen bgp ${listen.join(" ")};`]),
    "",
    ...block("protocol kernel from kernel_template", [
      "export filter calico_kernel_programming;",
      "graceful restart;",
      "merge paths on;    # Several next hops of one rank (ECMP)",
    ]),
    "",
    ...block("protocol device", ["debug { states };", "scan time 2;"]),
    "",
    "protocol direct from direct_template {",
    "}",
    "",
    ...sessions,
  ];
}

function aggregationText({ staticRoutes: routes, aggregation }: BirdStatements): readonly string[] {
  return [
    ...block(
      "template static static_template",
      routes.length === 0 ? ["# No IP blocks or static routes for this host."] : routes,
    ),
    "",
    ...(routes.length === 0 ? [] : ["protocol static from static_template {", "}", ""]),
    ...block("function calico_aggr ()", aggregation),
  ];
}

function ipamText({ exportToPeers, kernelFilter }: BirdStatements): readonly string[] {
  return [
    ...block("function reject_local_routes ()", [
      "if (defined(ifname)) then {",
      '  if (ifname ~ "bpf*.cali") then {',
      "    reject;",
      "  }",
      "}",
    ]),
    "",
    ...block("function calico_export_to_bgp_peers(bool internal_peer)", exportToPeers),
    "",
    ...block("filter calico_kernel_programming", kernelFilter),
  ];
}

/** By name: bird.cfg, bird_aggr.cfg and bird_ipam.cfg, or bird6.cfg … */
export function confdFiles(config: BirdConfig): Readonly<Record<string, string>> {
  const version = config.family === "ipv4" ? "" : "6";
  const statements = birdStatements(config);
  const text = (lines: readonly string[]): string => `# Generated by confd\n${lines.join("\n").trimEnd()}\n`;
  return {
    [`bird${version}.cfg`]: text(mainText(config, statements, version)),
    [`bird${version}_aggr.cfg`]: text(aggregationText(statements)),
    [`bird${version}_ipam.cfg`]: text(ipamText(statements)),
  };
}
