/**
 * Objects in a lab's namespaces that do not belong to the lab: neither requested, nor made by the kernel itself (connected routes,
 * link-local addresses, the local table), nor by a routing daemon that runs there. `up` leaves it alone; it is named, with
 * the command that removes it.
 */
import { formatNamespace } from "../net/place.ts";
import type { ForeignObject, Found } from "../resources/foreign-object.ts";
import { definitionOf, devicesOf } from "../resources/definitions.ts";
import { observedRouteKey, ruleKey } from "../resources/observed-index.ts";
import type { NamespaceState, ObservedRoute, ObservedRule, ObservedState } from "../resources/observed.ts";
import { OWN_RULES } from "../resources/own-rules.ts";
import { OwnSettings } from "../resources/own-settings.ts";
import type { Resource } from "../resources/resource.ts";
import { strangeSysctls } from "../resources/sysctl/untouched.ts";
import { strangeRules } from "../resources/iptables/strange-rules.ts";

/** Devices that the kernel makes in each new namespace, where their modules are loaded (net.core.fb_tunnels_only_for_init_net). */
const FALLBACK = /^(lo|tunl0|sit0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6tnl0|ip6gre0|ip6gretap0|ip6erspan0)$/;
/** They exist beside a device's root qdisc. */
const INGRESS_QDISCS: ReadonlySet<string> = new Set(["ingress", "clsact"]);
/** The defaults of devices without settings. */
const PLAIN_QDISCS: ReadonlySet<string> = new Set(["noqueue", "noop", "pfifo_fast", "pfifo", "fq_codel", "fq", "mq"]);
/** Not written by hand: rtm_protocol of linux/rtnetlink.h, and `ip route`'s names for it. */
const BY_KERNEL: ReadonlySet<string> = new Set(["kernel", "redirect", "ra"]);
const BY_HAND: ReadonlySet<string> = new Set(["boot", "static", "unspec", "3", "4", "0"]);
const TABLE_LOCAL = 255;
const TABLE_MAIN = 254;
const NO_MAC = "00:00:00:00:00:00";

function known(resources: readonly Resource[]): ReadonlyMap<string, OwnSettings> {
  const all = new Map<string, OwnSettings>();
  const of = (ns: string): OwnSettings => {
    const found = all.get(ns) ?? new OwnSettings();
    all.set(ns, found);
    return found;
  };
  for (const resource of resources) {
    const here = of(resource.ns);
    const { own } = definitionOf(resource);
    own?.(resource, here);
    if (own === undefined) here.rest.push(resource);
    for (const { ns, name } of devicesOf(resource)) of(ns).links.add(name);
  }
  return all;
}

function ip(family: "ipv4" | "ipv6"): readonly string[] {
  return family === "ipv6" ? ["ip", "-6"] : ["ip"];
}

function strangeRoute(route: ObservedRoute): Found {
  const type = route.type === "unicast" ? [] : [route.type];
  const words = [
    ...type,
    route.to,
    ...(route.via === undefined ? [] : ["via", route.via]),
    // The kernel shows IPv6 routes that lead nowhere as on lo.
    ...(route.dev === undefined || route.type !== "unicast" ? [] : ["dev", route.dev]),
    ...(route.table === TABLE_MAIN ? [] : ["table", String(route.table)]),
    ...(route.metric === undefined || route.metric === 0 ? [] : ["metric", String(route.metric)]),
  ];
  return { what: `route ${words.join(" ")}`, remove: [...ip(route.family), "route", "del", ...words] };
}

function strangeRule(rule: ObservedRule): Found {
  const word = (name: string, value: string | undefined): readonly string[] =>
    value === undefined || value === "all" ? [] : [name, value];
  const match = [
    ...word("from", rule.from),
    ...word("to", rule.to),
    ...word("iif", rule.iif),
    ...word("oif", rule.oif),
    ...word("fwmark", rule.fwmark),
  ];
  const from = match.length === 0 ? ["from", "all"] : match;
  const lookup = ["lookup", String(rule.table)];
  const words = [...from, ...(rule.type === undefined ? lookup : [rule.type])];
  return {
    what: `ip rule ${rule.priority}: ${words.join(" ")}`,
    // A deletion that names no action means any; that of `goto` would need its target.
    remove: [
      ...ip(rule.family),
      "rule",
      "del",
      "priority",
      String(rule.priority),
      ...(rule.type === undefined ? words : from),
    ],
  };
}

function isKernelAddress(address: string, scope: string): boolean {
  return address.startsWith("127.") || address === "::1/128" || (scope === "link" && address.startsWith("fe80:"));
}

/** `pairs`: the other ends of cables that are named already and go with them. */
function strangeSettings(state: NamespaceState, own: OwnSettings, pairs: Set<string>): readonly Found[] {
  const links = state.links
    .filter(({ name }) => !own.links.has(name) && !FALLBACK.test(name))
    .flatMap(({ name, kind, peer }): readonly Found[] => {
      if (pairs.has(`${state.ns} ${name}`)) return [];
      if (peer !== undefined) pairs.add(`${peer.ns} ${peer.name}`);
      const far =
        peer === undefined ? "" : ` to ${peer.ns === state.ns ? "" : `${formatNamespace(peer.ns)} `}${peer.name}`;
      return [{ what: `device ${name} (${kind}${far})`, remove: ["ip", "link", "del", name] }];
    });
  const gone = new Set(state.links.filter(({ name }) => !own.links.has(name)).map(({ name }) => name));
  const addrs = state.addrs
    .filter(({ dev, address, scope }) => !own.addrs.has(`${dev} ${address}`) && !isKernelAddress(address, scope))
    .filter(({ dev }) => dev === "lo" || !gone.has(dev))
    .map(({ dev, address }): Found => {
      return { what: `address ${address} dev ${dev}`, remove: ["ip", "addr", "del", address, "dev", dev] };
    });
  const routes = state.routes
    .filter(({ protocol }) => !BY_KERNEL.has(protocol) && (BY_HAND.has(protocol) || !own.busy))
    .filter(({ table, type }) => table !== TABLE_LOCAL || type === "blackhole" || type === "unreachable")
    .filter((route) => !own.routes.has(observedRouteKey(route)))
    .filter(
      ({ table, via, dev, to }) => table !== TABLE_MAIN || via !== undefined || !own.connected.has(`${dev} ${to}`),
    )
    .map(strangeRoute);
  const rules = state.rules
    .filter((rule) => {
      const isPlain = [rule.from, rule.to, rule.iif, rule.oif, rule.fwmark].every(
        (it) => it === undefined || it === "all",
      );
      const isKernels = OWN_RULES.some(({ priority, table }) => priority === rule.priority && table === rule.table);
      return !own.rules.has(ruleKey(rule)) && !(isPlain && rule.type === undefined && isKernels);
    })
    .map(strangeRule);
  const neighs = state.neighs
    .filter(({ state: now }) => now === "permanent" || now === "proxy")
    .filter(({ dev, address }) => !own.neighs.has(`${dev} ${address}`))
    .map(({ family, dev, address, mac, state: now }): Found => {
      const words = now === "proxy" ? ["proxy", address, "dev", dev] : [address, "dev", dev];
      const lladdr = mac === undefined || now === "proxy" ? "" : ` lladdr ${mac}`;
      return { what: `neighbour ${words.join(" ")}${lladdr}`, remove: [...ip(family), "neigh", "del", ...words] };
    });
  const fdb = state.fdb
    .filter(({ self, permanent, dst }) => self && permanent && dst !== undefined)
    .filter(({ dev, mac, dst }) => !own.fdb.has(`${dev} ${mac} ${dst ?? ""}`) && !isMoved(own, dev, mac))
    .map(({ dev, mac, dst }): Found => {
      const words = [mac, "dev", dev, "dst", dst ?? "", "self"];
      return { what: `forwarding entry ${words.join(" ")}`, remove: ["bridge", "fdb", "del", ...words] };
    });
  const qdiscs = state.qdiscs
    .filter(({ dev, kind }) => !own.qdiscs.has(`${dev} ${kind}`) && (INGRESS_QDISCS.has(kind) || !own.qdiscs.has(dev)))
    .filter(({ kind }) => !PLAIN_QDISCS.has(kind) && kind !== "")
    .map(({ dev, kind }): Found => {
      const where = INGRESS_QDISCS.has(kind) ? kind : "root";
      return { what: `qdisc ${kind} dev ${dev}`, remove: ["tc", "qdisc", "del", "dev", dev, where] };
    });
  return [...links, ...addrs, ...routes, ...rules, ...neighs, ...fdb, ...qdiscs];
}

/** An entry of the lab's that leads elsewhere now is a difference, and `up` puts it back. */
function isMoved(own: OwnSettings, dev: string, mac: string): boolean {
  return mac !== NO_MAC && [...own.fdb].some((key) => key.startsWith(`${dev} ${mac} `));
}

/** `desired`: what the lab requests now; what it requested before is in the observed state. */
export function findForeignObjects(desired: readonly Resource[], observed: ObservedState): readonly ForeignObject[] {
  const pairs = new Set<string>();
  const all = known([...desired, ...Object.values(observed.applied)]);
  return Object.values(observed.namespaces)
    .filter((state) => state.exists)
    .toSorted((a, b) => (a.ns < b.ns ? -1 : 1))
    .flatMap((state) => {
      const own = all.get(state.ns) ?? new OwnSettings();
      const sysctls = strangeSysctls(state, own.sysctls, own.links, observed.inherited);
      const found = [
        ...strangeSettings(state, own, pairs),
        ...sysctls,
        ...strangeRules(state, own, observed.iptablesAfterApply),
      ];
      return found.map((one) => ({ ns: state.ns, ...one, unsure: own.busy }));
    });
}
