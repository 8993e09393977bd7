/** `inspect`: the state of one namespace as tables in iproute2's syntax, every line with what caused it. */
import type { NamespaceState, ObservedLink, ObservedRoute } from "../../resources/observed.ts";
import { vlanText } from "../../resources/bridgevlan/changes.ts";
import type { Resource } from "../../resources/resource.ts";
import { formatNextHop } from "../../resources/route/next-hop.ts";
import { makePaint } from "../../report/color.ts";
import type { Paint } from "../../report/color.ts";
import { formatTable } from "../../report/table.ts";
import { KERNEL, findCauses } from "../../installed/causes.ts";

const FAMILY_LABEL = { ipv4: "inet", ipv6: "inet6" } as const;

/** Groups that every device joins on its own (RFC 1112, RFC 2464): in `--json` only, as the kernel's three rules. */
const OWN_MULTICAST = /^(33:33|01:00:5e):/;

/** What `--only` takes: the headings; packet filters are one. */
export const SECTIONS = [
  "devices",
  "addresses",
  "routes",
  "rules",
  "neighbours",
  "forwarding entries",
  "rate limits",
  "sysctls",
  "filters",
  "servers and processes",
] as const;
export type Section = (typeof SECTIONS)[number];

/** Ends with a newline. `applied`: the lab's own resources by id, to name the causes. */
export function formatNamespace(
  state: NamespaceState,
  applied: Readonly<Record<string, Resource>>,
  color: Paint = makePaint(false),
  only?: readonly Section[],
): string {
  const out: string[] = [
    `${color.bold(state.ns)}  ${color.gray(`netns ${state.netns}${state.node === state.ns ? "" : `, on ${state.node}`}`)}\n`,
  ];
  if (!state.exists) return `${out[0] ?? ""}  ${color.red("gone")}: the namespace was removed; up restores it\n`;
  const causes = findCauses(state, applied);
  const section = (title: string, rows: readonly (readonly string[])[]): void => {
    if (rows.length > 0 && (only === undefined || only.includes(sectionOf(title))))
      out.push(`  ${color.cyan(title)}\n`, formatTable([], rows, "    "));
  };
  const because = (text: string): string => color.gray(`← ${text}`);

  section(
    "devices",
    state.links.map((link) => [link.name, link.kind, linkWords(link), because(causes.link(link))]),
  );
  section(
    "addresses",
    state.addrs.map((addr) => [
      addr.dev,
      FAMILY_LABEL[addr.family],
      addr.address,
      `${addr.scope}${addr.tentative ? " tentative" : ""}`,
      because(causes.addr(addr)),
    ]),
  );
  section(
    "routes",
    state.routes.map((route) => [routeWords(route), because(causes.route(route))]),
  );
  section(
    "rules",
    state.rules
      .filter((rule) => causes.rule(rule) !== KERNEL)
      .map((rule) => [`${rule.priority}:`, FAMILY_LABEL[rule.family], ruleWords(rule), because(causes.rule(rule))]),
  );
  section(
    "neighbours",
    state.neighs.map((neigh) => [
      neigh.address,
      neigh.dev,
      neigh.mac ?? "-",
      neigh.state,
      because(causes.neigh(neigh)),
    ]),
  );
  section(
    "forwarding entries",
    state.fdb
      .filter((fdb) => !OWN_MULTICAST.test(fdb.mac))
      .map((fdb) => [
        fdb.mac,
        fdb.dev,
        fdb.dst === undefined ? "" : `dst ${fdb.dst}`,
        fdb.permanent ? "permanent" : "learned",
        because(causes.fdb(fdb)),
      ]),
  );
  section(
    "rate limits",
    state.qdiscs.map((qdisc) => [
      qdisc.dev,
      qdisc.kind,
      qdisc.rate === undefined ? "" : `${qdisc.rate} bit/s`,
      because(causes.qdisc(qdisc)),
    ]),
  );
  section(
    "sysctls",
    Object.entries(state.sysctls).map(([key, value]) => [`${key} = ${value}`, because(causes.sysctl(key))]),
  );
  for (const [family, tables] of Object.entries(state.iptables)) {
    for (const [table, chains] of Object.entries(tables)) {
      const rows = Object.entries(chains).flatMap(([chain, { policy, rules }]) => {
        const lines = rules.map((rule, i) => [
          `-A ${chain} ${rule}`,
          because(causes.iptables(family, table, chain, rule, i)),
        ]);
        if (policy !== "-" && policy !== "ACCEPT")
          lines.unshift([`-P ${chain} ${policy}`, because(causes.chain(family, table, chain))]);
        return lines;
      });
      section(`${family === "ipv6" ? "ip6tables" : "iptables"} ${table}`, rows);
    }
  }
  const servers = causes.servers();
  section(
    "servers and processes",
    servers.map(([what, why]) => [what, because(why)]),
  );
  return out.join("");
}

function linkWords(link: ObservedLink): string {
  const words = [link.up ? "up" : "DOWN", `mtu ${link.mtu}`];
  if (link.kind !== "loopback") words.push(link.mac);
  if (link.up && !link.carrier) words.push("no carrier");
  if (link.master !== undefined) words.push(`master ${link.master}`);
  if (link.hairpin === true) words.push("hairpin");
  if (link.isolated === true) words.push("isolated");
  if (link.peer !== undefined) words.push(`peer ${link.peer.ns}/${link.peer.name}`);
  if (link.vlanFiltering === true) words.push("vlan_filtering 1");
  if (link.vlans !== undefined) words.push(`vlan ${link.vlans.map(vlanText).join(", ")}`);
  if (link.link !== undefined) words.push(`on ${link.link}`);
  words.push(...Object.entries(link.data ?? {}).map((setting) => setting.join(" ")));
  if (link.userSpace === true) words.push("by wireguard-go");
  if (link.vxlan !== undefined) {
    const { vni, port, local, dev, learn } = link.vxlan;
    words.push(
      `vni ${vni}`,
      `port ${port}`,
      ...(local === undefined ? [] : [`local ${local}`]),
      ...(dev === undefined ? [] : [`dev ${dev}`]),
      learn ? "learning" : "nolearning",
    );
  }
  return words.join(" ");
}

function routeWords(route: ObservedRoute): string {
  const isDefault = route.to === "0.0.0.0/0" || route.to === "::/0";
  return [
    route.type === "unicast" ? "" : route.type,
    isDefault ? (route.family === "ipv6" ? "default (inet6)" : "default") : route.to,
    route.via === undefined ? "" : `via ${route.via}`,
    route.dev === undefined ? "" : `dev ${route.dev}`,
    ...(route.nexthops ?? []).map(formatNextHop),
    route.onlink ? "onlink" : "",
    route.src === undefined ? "" : `src ${route.src}`,
    route.table === 254 ? "" : `table ${route.table}`,
    route.metric === undefined ? "" : `metric ${route.metric}`,
    route.mtu === undefined ? "" : `mtu ${route.mtu}`,
    `proto ${route.protocol}`,
  ]
    .filter((word) => word !== "")
    .join(" ");
}

function ruleWords(rule: NamespaceState["rules"][number]): string {
  const { from, to, iif, oif, fwmark, table } = rule;
  const words = Object.entries({ from: from ?? "all", to, iif, oif, fwmark, lookup: table });
  return words.flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${value}`])).join(" ");
}

/** Titles of tables of rules name the table. */
function sectionOf(title: string): Section {
  return SECTIONS.find((section) => section === title) ?? "filters";
}
