/** The resources that a plugin made: what a later snapshot has and an earlier one has not. */
import type { Cause } from "../../cause.ts";
import { FAMILIES } from "../../net/families.ts";
import { identified } from "../../resources/resource-id.ts";
import type { Unnamed } from "../../resources/resource-id.ts";
import type { AdoptedPart } from "../../resources/adopted/part.ts";
import { surplus } from "../../resources/iptables/strange-rules.ts";
import type { LinkSettings } from "../../resources/link-settings.ts";
import { observedRouteKey, ruleKey } from "../../resources/observed-index.ts";
import type { Resource } from "../../resources/resource.ts";
import { nodeDevice } from "../../resources/cni/attached.ts";
import { canonicalSysctl } from "../../resources/sysctl-key.ts";
import type { NamespaceSnapshot } from "./snapshot.ts";

type Link = NamespaceSnapshot["links"][number];

/** The two ends of an attachment; `pod` comes first in what has both. */
export interface Sides<T> {
  readonly pod: T;
  readonly node: T;
}

/** Not made by plugins: what the kernel makes with an address or a device. */
const BY_KERNEL: ReadonlySet<string> = new Set(["kernel", "redirect", "ra"]);
const TABLE_LOCAL = 255;
const IPV6_SWITCH = "disable_ipv6";
const PLAIN_QDISCS: ReadonlySet<string> = new Set([
  "",
  "noqueue",
  "noop",
  "pfifo_fast",
  "pfifo",
  "fq_codel",
  "fq",
  "mq",
]);
/** Tables that iptables-nft keeps in nftables under these names. */
const XTABLES = /^ip6? (?:raw|mangle|nat|filter|security)$/;

function news<T>(before: readonly T[], after: readonly T[], key: (one: T) => string): readonly T[] {
  const known = new Set(before.map(key));
  return after.filter((one) => !known.has(key(one)));
}

function settings({ mac, mtu, master, hairpin, isolated, learning, up }: Link): LinkSettings {
  const port =
    master === undefined
      ? {}
      : { hairpin: hairpin === true, isolated: isolated === true, learning: learning !== false };
  return { mac, mtu, ...(master === undefined ? {} : { master }), ...port, up };
}

export class MadeBy {
  readonly #node: string;
  readonly #cause: Cause;
  readonly #before: Sides<NamespaceSnapshot>;
  readonly #after: Sides<NamespaceSnapshot>;

  /** `node`: the machine that both are on. */
  constructor(node: string, cause: Cause, before: Sides<NamespaceSnapshot>, after: Sides<NamespaceSnapshot>) {
    this.#node = node;
    this.#cause = cause;
    this.#before = before;
    this.#after = after;
  }

  resources(): readonly Resource[] {
    const sides = ["pod", "node"] as const;
    const pairs = sides.map((side) => [this.#before[side], this.#after[side]] as const);
    return [...this.#devices(), ...pairs.flatMap(([before, after]) => this.#rest(before, after))];
  }

  #add(ns: string, resource: Omit<Unnamed<Resource["kind"]>, "ns" | "node" | "cause">): Resource {
    const place = { ns, node: this.#node, cause: this.#cause };
    return identified({ ...resource, ...place });
  }

  #adopt(ns: string, part: AdoptedPart): Resource {
    return this.#add(ns, { kind: "adopted", part } as never);
  }

  #devices(): readonly Resource[] {
    const added = (side: "pod" | "node"): readonly Link[] =>
      news(this.#before[side].links, this.#after[side].links, ({ index, name }) => `${index} ${name}`);
    const [inPod, onNode] = [added("pod"), added("node")];
    const { pod, node } = this.#after;
    const paired = new Set<Link>();
    const veths = inPod.flatMap((link) => {
      const peer =
        link.kind === "veth"
          ? onNode.find((one) => one.kind === "veth" && one.peerIndex === link.index && link.peerIndex === one.index)
          : undefined;
      if (peer === undefined) return [];
      paired.add(link).add(peer);
      const far = { ...settings(peer), ns: node.ns, node: this.#node, name: peer.name };
      return [this.#add(pod.ns, { kind: "veth", name: link.name, ...settings(link), peer: far } as never)];
    });
    const single = (ns: string, links: readonly Link[]): readonly Resource[] =>
      links.filter((link) => !paired.has(link)).map((link) => this.#device(ns, link));
    return [...single(node.ns, onNode), ...veths, ...single(pod.ns, inPod)];
  }

  #device(ns: string, link: Link): Resource {
    const { name, kind, mtu } = link;
    if (kind === "bridge") {
      const filtering = link.vlanFiltering === true ? { vlanFiltering: true } : {};
      return this.#add(ns, { kind: "bridge", name, ...settings(link), stp: link.stp === true, ...filtering } as never);
    }
    return this.#adopt(ns, { type: "device", name, kind, mtu });
  }

  #rest(before: NamespaceSnapshot, after: NamespaceSnapshot): readonly Resource[] {
    const { ns } = after;
    const isRemoved = (addr: NamespaceSnapshot["addrs"][number]): boolean =>
      (addr.missingRoutes ?? []).some((route) => !/^(?:local|broadcast|multicast) /.test(route));
    const addrs = news(before.addrs, after.addrs, ({ dev, address }) => `${dev} ${address}`)
      .filter(({ scope, dev }) => scope !== "link" && dev !== "lo")
      .map((one) => {
        const { dev, address, family, prefixRoute } = one;
        const route = isRemoved(one) ? { routeRemoved: true } : {};
        return this.#add(ns, { kind: "addr", dev, address, family, prefixRoute, ...route } as never);
      });
    const routes = news(
      before.routes,
      after.routes,
      (one) => `${observedRouteKey(one)} ${one.dev ?? ""} ${one.via ?? ""}`,
    )
      .filter(({ protocol, table, to }) => !BY_KERNEL.has(protocol) && table !== TABLE_LOCAL && !to.startsWith("ff00:"))
      .map((one) => this.#route(ns, one));
    const rules = news(before.rules, after.rules, ruleKey).map(
      ({ family, priority, from, to, iif, oif, fwmark, table }) =>
        this.#add(ns, { kind: "rule", family, priority, from, to, iif, oif, fwmark, table } as never),
    );
    const neighs = news(before.neighs, after.neighs, ({ dev, address, state }) => `${dev} ${address} ${state}`)
      .filter(({ state }) => state === "permanent" || state === "proxy")
      .map(({ family, dev, address, mac, state }) =>
        this.#add(ns, { kind: "neigh", family, dev, address, ...(state === "proxy" ? {} : { mac }) } as never),
      );
    return [
      ...this.#sysctls(before, after),
      ...addrs,
      ...routes,
      ...rules,
      ...neighs,
      ...this.#qdiscs(before, after),
      ...this.#filters(before, after),
    ];
  }

  #route(ns: string, { metric, scope, ...route }: NamespaceSnapshot["routes"][number]): Resource {
    // What the kernel fills in for IPv6 is its default.
    const own = metric === 0 || (route.family === "ipv6" && metric === 1024) ? undefined : metric;
    const scoped = scope === "link" || scope === "host" ? { scope } : {};
    const said = Object.entries({ ...route, metric: own, ...scoped }).filter(([, value]) => value !== undefined);
    return this.#add(ns, { kind: "route", ...Object.fromEntries(said) } as never);
  }

  #sysctls(before: NamespaceSnapshot, after: NamespaceSnapshot): readonly Resource[] {
    const { ns } = after;
    const add = (key: string, value: string): Resource =>
      this.#add(ns, { kind: "sysctl", key: canonicalSysctl(key), value } as never);
    const own = Object.entries(after.sysctls).flatMap(([key, value]) =>
      before.sysctls[key] === value ? [] : [add(key, value.trim())],
    );
    const old = new Map(before.links.map((link) => [link.index, link]));
    const ofDevices = after.links.flatMap(({ index, name, conf = {} }) =>
      Object.entries(conf).flatMap(([word, value]) => {
        const family = word === IPV6_SWITCH ? "ipv6" : "ipv4";
        const usual = old.get(index)?.conf?.[word] ?? Number(after.sysctls[`net.${family}.conf.default.${word}`] ?? 0);
        const isCommon = word === "forwarding" && String(value) === after.sysctls["net.ipv4.ip_forward"]?.trim();
        return value === usual || isCommon ? [] : [add(`net/${family}/conf/${name}/${word}`, String(value))];
      }),
    );
    return [...own, ...ofDevices];
  }

  #qdiscs(before: NamespaceSnapshot, after: NamespaceSnapshot): readonly Resource[] {
    return news(before.qdiscs, after.qdiscs, ({ dev, kind }) => `${dev} ${kind}`)
      .filter(({ kind }) => !PLAIN_QDISCS.has(kind))
      .map(({ dev, kind, rate, burst, latency }) =>
        kind === "tbf" && rate !== undefined && burst !== undefined && latency !== undefined
          ? this.#add(after.ns, { kind: "qdisc", dev, rate, burst, latency } as never)
          : this.#adopt(after.ns, { type: "qdisc", dev, qdisc: kind }),
      );
  }

  #filters(before: NamespaceSnapshot, after: NamespaceSnapshot): readonly Resource[] {
    const { ns } = after;
    const iptables = FAMILIES.flatMap((family) =>
      Object.entries(after.iptables[family] ?? {}).flatMap(([table, chains]) =>
        Object.entries(chains).flatMap(([chain, { policy, rules }]) => {
          const old = before.iptables[family]?.[table]?.[chain];
          const made =
            old === undefined && policy === "-" ? [this.#adopt(ns, { type: "chain", family, table, chain })] : [];
          const added = surplus(rules, old?.rules ?? []).map((rule) => {
            const first = rules[0] === rule && rules.length > 1 ? { first: true as const } : {};
            return this.#adopt(ns, { type: "rule", family, table, chain, rule, ...first });
          });
          return [...made, ...added];
        }),
      ),
    );
    const tables = after.nftTables.filter((name) => !before.nftTables.includes(name) && !XTABLES.test(name));
    return [...iptables, ...tables.map((table) => this.#adopt(ns, { type: "nft", table }))];
  }
}

/** Whether what was made on the node is still there: DEL leaves what the attachments of a node share. */
export function isLeft(resource: Resource, now: NamespaceSnapshot): boolean {
  const hasLink = (name: string): boolean => now.links.some((link) => link.name === name);
  switch (resource.kind) {
    case "bridge":
      return hasLink(resource.name);
    case "addr":
      return now.addrs.some(({ dev, address }) => dev === resource.dev && address === resource.address);
    case "route":
      return now.routes.some((one) => observedRouteKey(one) === observedRouteKey(resource) && one.dev === resource.dev);
    case "rule":
      return now.rules.some((one) => ruleKey(one) === ruleKey(resource));
    case "qdisc":
      return now.qdiscs.some(({ dev, kind }) => dev === resource.dev && kind === "tbf");
    case "neigh":
      return now.neighs.some(({ dev, address }) => dev === resource.dev && address === resource.address);
    case "sysctl": {
      const device = nodeDevice(resource);
      return device === undefined || hasLink(device);
    }
    case "adopted":
      return isPartLeft(resource.part, now);
    default:
      return false;
  }
}

function isPartLeft(part: AdoptedPart, now: NamespaceSnapshot): boolean {
  switch (part.type) {
    case "rule":
      return now.iptables[part.family]?.[part.table]?.[part.chain]?.rules.includes(part.rule) === true;
    case "chain":
      return now.iptables[part.family]?.[part.table]?.[part.chain] !== undefined;
    case "nft":
      return now.nftTables.includes(part.table);
    case "device":
      return now.links.some(({ name }) => name === part.name);
    case "qdisc":
      return now.qdiscs.some(({ dev, kind }) => dev === part.dev && kind === part.qdisc);
  }
}
