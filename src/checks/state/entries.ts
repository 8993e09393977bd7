/** The observed state of a namespace as lines, each as iproute2, bridge(8), iptables-save and sysctl print it. */
import type { StateCheck } from "./resolve.ts";
import { formatNextHop } from "../../resources/route/next-hop.ts";
import type { NamespaceState } from "../../resources/observed.ts";

type What = StateCheck["what"];

/** One line per entry. */
export function stateEntries(state: NamespaceState, what: What): string[] {
  return ENTRIES[what](state);
}

const TABLES: Readonly<Record<number, string>> = { 253: "default", 254: "main", 255: "local" };
const tableName = (table: number): string => TABLES[table] ?? String(table);

const ENTRIES = {
  route: ({ routes }) =>
    routes.map((route) =>
      words(
        route.type === "unicast" ? undefined : route.type,
        route.to === "0.0.0.0/0" || route.to === "::/0" ? "default" : route.to,
        pair("via", route.via),
        pair("dev", route.dev),
        route.table === 254 ? undefined : pair("table", tableName(route.table)),
        pair("proto", route.protocol),
        pair("scope", route.scope),
        pair("src", route.src),
        pair("metric", route.metric),
        pair("mtu", route.mtu),
        route.onlink ? "onlink" : undefined,
        ...(route.nexthops ?? []).map(formatNextHop),
      ),
    ),
  rule: ({ rules }) =>
    rules.map((rule) =>
      words(
        `${rule.priority}:`,
        pair("from", rule.from ?? "all"),
        pair("to", rule.to),
        pair("fwmark", rule.fwmark),
        pair("iif", rule.iif),
        pair("oif", rule.oif),
        pair("lookup", tableName(rule.table)),
      ),
    ),
  neigh: ({ neighs }) =>
    neighs.map((neigh) =>
      words(
        neigh.address,
        pair("dev", neigh.dev),
        pair("lladdr", neigh.mac),
        neigh.state === "proxy" ? "proxy" : neigh.state.toUpperCase(),
      ),
    ),
  fdb: ({ fdb, links }) =>
    fdb.map((entry) => {
      const master = entry.self ? undefined : links.find((link) => link.name === entry.dev)?.master;
      return words(
        entry.mac,
        pair("dev", entry.dev),
        pair("dst", entry.dst),
        pair("master", master),
        entry.self ? "self" : undefined,
        entry.permanent ? "permanent" : undefined,
      );
    }),
  addr: ({ addrs }) =>
    addrs.map((addr) =>
      words(
        addr.family === "ipv4" ? "inet" : "inet6",
        addr.address,
        pair("scope", addr.scope),
        addr.tentative ? "tentative" : undefined,
        addr.prefixRoute === false ? "noprefixroute" : undefined,
        pair("dev", addr.dev),
      ),
    ),
  link: ({ links }) =>
    links.map((link) =>
      words(
        link.peer === undefined ? link.name : `${link.name}@${link.peer.name}`,
        pair("mtu", link.mtu),
        pair("master", link.master),
        pair("state", link.up ? (link.carrier ? "UP" : "LOWERLAYERDOWN") : "DOWN"),
        pair("link/ether", link.mac),
        link.kind,
        ...Object.entries(link.data ?? {}).map(([word, value]) => pair(word, value)),
        link.vxlan === undefined ? undefined : pair("id", link.vxlan.vni),
        pair("local", link.vxlan?.local),
        pair("remote", link.vxlan?.remote),
        pair("dev", link.vxlan?.dev),
        pair("dstport", link.vxlan?.port),
        link.vxlan === undefined ? undefined : link.vxlan.learn ? "learning" : "nolearning",
        onOff("hairpin", link.hairpin),
        onOff("isolated", link.isolated),
        link.vxlan === undefined ? onOff("learning", link.learning) : undefined,
        link.stp === undefined ? undefined : pair("stp_state", link.stp ? 1 : 0),
      ),
    ),
  iptables: ({ iptables }) =>
    Object.values(iptables).flatMap((tables) =>
      Object.entries(tables ?? {}).flatMap(([table, chains]) =>
        Object.entries(chains).flatMap(([chain, { policy, rules }]) => [
          `-t ${table} ${policy === "-" ? `-N ${chain}` : `-P ${chain} ${policy}`}`,
          ...rules.map((rule) => `-t ${table} -A ${chain} ${rule}`),
        ]),
      ),
    ),
  sysctl: ({ sysctls }) => Object.entries(sysctls).map(([key, value]) => `${key} = ${value}`),
} satisfies Record<What, (state: NamespaceState) => string[]>;

function pair(key: string, value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `${key} ${value}`;
}

function onOff(key: string, value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : `${key} ${value ? "on" : "off"}`;
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
