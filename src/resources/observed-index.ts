/** The observed state, looked up by key; built per namespace when it is first asked for. */
import type {
  NamespaceState,
  ObservedAddr,
  ObservedFdb,
  ObservedLink,
  ObservedNeigh,
  ObservedRoute,
  ObservedRule,
  ObservedState,
} from "./observed.ts";
import type { Family } from "../net/family.ts";
import { DEFAULT_ROUTE, HOST_LENGTH } from "../net/families.ts";

/** The kernel's default metric of IPv6 routes. */
const IPV6_METRIC = 1024;

/** `default` and host routes without length are other spellings of a prefix. */
function prefixText(to: string, family: Family): string {
  if (to === "default") return DEFAULT_ROUTE[family];
  return to.includes("/") ? to : `${to}/${HOST_LENGTH[family]}`;
}

export function observedRouteKey(route: {
  readonly family: Family;
  readonly to: string;
  readonly table: number;
  readonly metric?: number | undefined;
}): string {
  const metric =
    route.metric === undefined || route.metric === 0 ? (route.family === "ipv6" ? IPV6_METRIC : 0) : route.metric;
  return `${route.family}|${prefixText(route.to, route.family)}|${route.table}|${metric}`;
}

/** `0x80` and `0x80/0xffffffff` are the same mark. */
function markText(mark: string | undefined): string {
  if (mark === undefined) return "";
  const [value = "0", mask = "0xffffffff"] = mark.split("/");
  return `${Number(value)}/${Number(mask)}`;
}

export function ruleKey(rule: ObservedRule): string {
  const prefix = (text: string | undefined): string =>
    text === undefined || text === "all" ? "" : prefixText(text, rule.family);
  return [
    rule.family,
    rule.priority,
    prefix(rule.from),
    prefix(rule.to),
    rule.iif ?? "",
    rule.oif ?? "",
    markText(rule.fwmark),
    rule.type ?? rule.table,
  ].join("|");
}

class NamespaceIndex {
  readonly state: NamespaceState;
  readonly links: ReadonlyMap<string, ObservedLink>;
  readonly addrs: ReadonlyMap<string, ObservedAddr>;
  readonly routes: ReadonlyMap<string, readonly ObservedRoute[]>;
  readonly rules: ReadonlySet<string>;
  readonly neighs: ReadonlyMap<string, ObservedNeigh>;
  /** Proxy neighbour entries: `DEV ADDRESS`. */
  readonly proxies: ReadonlySet<string>;
  readonly fdb: ReadonlyMap<string, readonly ObservedFdb[]>;

  constructor(state: NamespaceState) {
    this.state = state;
    this.links = new Map(state.links.map((link) => [link.name, link]));
    this.addrs = new Map(state.addrs.map((addr) => [`${addr.dev} ${addr.address}`, addr]));
    this.routes = Map.groupBy(state.routes, observedRouteKey);
    this.rules = new Set(state.rules.map(ruleKey));
    const key = (neigh: ObservedNeigh): string => `${neigh.dev} ${neigh.address}`;
    const proxies = state.neighs.filter((neigh) => neigh.state === "proxy");
    this.neighs = new Map(state.neighs.filter((neigh) => neigh.state !== "proxy").map((it) => [key(it), it]));
    this.proxies = new Set(proxies.map(key));
    this.fdb = Map.groupBy(state.fdb, (entry) => `${entry.dev} ${entry.mac}`);
  }
}

export class ObservedIndex {
  readonly state: ObservedState;
  readonly running: ReadonlySet<string>;
  readonly #namespaces = new Map<string, NamespaceIndex | undefined>();

  constructor(state: ObservedState) {
    this.state = state;
    this.running = new Set(state.running);
  }

  /** Undefined when the namespace does not exist. */
  namespace(ns: string): NamespaceIndex | undefined {
    if (this.#namespaces.has(ns)) return this.#namespaces.get(ns);
    const state = this.state.namespaces[ns];
    const index = state?.exists === true ? new NamespaceIndex(state) : undefined;
    this.#namespaces.set(ns, index);
    return index;
  }
}
