/** What others have added to the namespaces that a packet passes, as far as it can matter to this packet. */
import type { AgentClient } from "../agent/client.ts";
import type { ObservedState } from "../resources/observed.ts";
import { findForeignObjects } from "../plan/foreign-objects.ts";
import type { ForeignObject } from "../resources/foreign-object.ts";
import type { ResourceKind } from "../resources/resource.ts";
import { sysctlDevice, sysctlPath } from "../resources/sysctl-key.ts";
import { parseRule } from "../installed/iptables-rules.ts";
import { nftMayMatch, nftRules, ruleMatches } from "./dropping-rules.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { IsOwnRule } from "./dropping-rules.ts";
import type { Fact } from "./fact.ts";
import { canonicalAddress } from "../net/families.ts";
import { concerns, devicesIn, nextHops } from "./packet-way.ts";
import type { PacketWay } from "./packet-way.ts";

const TIMEOUT = 5000;
/** Rules that only count, log or continue do nothing to a packet. */
const HARMLESS: ReadonlySet<string> = new Set(["", "LOG", "NFLOG", "RETURN", "ACCEPT"]);

/** From the output of iptables-save right after the lab had made its rules. */
export function ownRules(observed: ObservedState, ns: string): IsOwnRule {
  const known = new Set(
    Object.values(observed.applied).flatMap((resource) =>
      resource.ns !== ns
        ? []
        : Object.entries(observed.iptablesAfterApply[resource.id] ?? {}).flatMap(([chain, rules]) =>
            rules.map((rule) => `${chain} ${rule}`),
          ),
    ),
  );
  return (chain, rule) => known.has(`${chain} ${rule}`);
}

/** The kinds of resources that the words of a foreign object begin with. */
const KINDS: Readonly<Record<string, ResourceKind>> = {
  address: "addr",
  route: "route",
  ip: "rule",
  neighbour: "neigh",
  sysctl: "sysctl",
  forwarding: "fdb",
  qdisc: "qdisc",
  tc: "qdisc",
  iptables: "iptables",
  ip6tables: "iptables",
  nft: "nft",
};

/** Each says: `route blackhole 10.244.1.0/24 is not part of this lab`. */
export async function foreignOnWay(
  client: AgentClient,
  observed: ObservedState,
  way: PacketWay,
  rules: ReadonlyMap<string, RuleListing>,
): Promise<readonly Fact[]> {
  const objects = findForeignObjects([], observed).filter(({ ns }) => way.namespaces.includes(ns));
  const texts = await Promise.all(
    objects.map(async (object) => {
      const { ns, what } = object;
      const [, table] = /^nft table (.+)$/.exec(what) ?? [];
      if (table !== undefined) return nftLines(table, way, rules.get(ns));
      const [, hook, device] = /^qdisc (clsact|ingress) dev (\S+)$/.exec(what) ?? [];
      // A hook for filters alone means nothing.
      if (hook !== undefined && device !== undefined)
        return way.devices.has(`${ns} ${device}`) ? droppingFilters(client, ns, [device]) : [];
      return matters(object, way, observed) ? [what] : [];
    }),
  );
  return objects.flatMap(({ ns, unsure }, i) => {
    const words = unsure ? "was not made by this lab, unless by a program running there" : "is not part of this lab";
    return (texts[i] ?? []).map((text): Fact => {
      const word = text.split(" ", 1)[0] ?? "";
      // An address too many: the packet is taken for this machine's own.
      const metAt = word === "address" ? "routing" : undefined;
      return { ns, kind: KINDS[word] ?? "netns", text: `${text} ${words}`, added: true, hook: hookOf(text), metAt };
    });
  });
}

/** A queue is for what a device gives out. */
function hookOf(text: string): Fact["hook"] {
  const [, queue, filtered, side] = /^qdisc \S+ dev (\S+)|^tc filter on (\S+) (\w+)/.exec(text) ?? [];
  const device = queue ?? filtered;
  return device === undefined ? undefined : { device, direction: side === "ingress" ? "in" : "out" };
}

function matters({ ns, what }: ForeignObject, way: PacketWay, { namespaces }: ObservedState): boolean {
  const onWay = (device = ""): boolean => way.devices.has(`${ns} ${device}`);
  const [kind = "", ...words] = what.split(" ");
  const after = (word: string): string | undefined => words[words.indexOf(word) + 1];
  switch (kind) {
    case "address":
      return concerns(way, words[0]?.split("/")[0] ?? "");
    case "route": {
      const to = /^[a-z]+$/.test(words[0] ?? "") && words[0] !== "default" ? (words[1] ?? "") : (words[0] ?? "");
      return sameFamily(to, way) && concerns(way, to);
    }
    case "ip": {
      const prefixes = ["from", "to"].flatMap((word) => (words.includes(word) ? (after(word) ?? "") : []));
      return prefixes.every((prefix) => prefix === "all" || (sameFamily(prefix, way) && concerns(way, prefix)));
    }
    case "neighbour":
      return nextHops(namespaces[ns], way).has(canonicalAddress((words[0] === "proxy" ? words[1] : words[0]) ?? ""));
    case "sysctl": {
      const key = words[0]?.split("=")[0] ?? "";
      const [, group] = sysctlPath(key);
      const device = sysctlDevice(key);
      const other = way.family === "ipv4" ? "ipv6" : "ipv4";
      return group !== other && (device === undefined || onWay(device));
    }
    case "forwarding":
    case "qdisc":
      return onWay(after("dev"));
    case "iptables":
    case "ip6tables":
      return (kind === "ip6tables") === (way.family === "ipv6") && ruleMatters(what, devicesIn(way, ns), way);
    default:
      return false;
  }
}

function sameFamily(prefix: string, { family }: PacketWay): boolean {
  if (prefix === "0.0.0.0/0" || prefix === "::/0") return (prefix === "::/0") === (family === "ipv6");
  return !/[.:]/.test(prefix) || prefix.includes(":") === (family === "ipv6");
}

function ruleMatters(what: string, devices: ReadonlySet<string>, way: PacketWay): boolean {
  if (/: policy \S+ of /.test(what)) return true;
  const [, text] = /: rule \S+ (.*)$/.exec(what) ?? [];
  if (text === undefined) return false;
  const rule = parseRule(text);
  if (HARMLESS.has(rule.target ?? "")) return false;
  return way.shapes.some((shape) => ruleMatches(rule, shape, devices) !== false);
}

/** Rules of an nftables table that drop what may be this packet. */
function nftLines(table: string, way: PacketWay, listing: RuleListing | undefined): string[] {
  const other = way.family === "ipv4" ? "ip6 " : "ip ";
  if (listing === undefined || table.startsWith(other)) return [];
  return nftRules(listing).flatMap(({ table: of, place, text }) =>
    of === table && way.shapes.some((shape) => nftMayMatch(text, shape)) ? [`nft ${place}: ${text}`] : [],
  );
}

/** Filters of tc that drop, on the devices of the way. The lab has none. */
async function droppingFilters(client: AgentClient, ns: string, devices: readonly string[]): Promise<string[]> {
  const lines = await Promise.all(
    devices.flatMap((device) =>
      ["ingress", "egress"].map(async (side) => {
        const argv = ["tc", "filter", "show", "dev", device, side];
        const result = await client.call("run", { ns, argv, timeout: TIMEOUT }).catch(() => undefined);
        return /\b(drop|shot)\b/.test(result?.stdout ?? "") ? [`tc filter on ${device} ${side} with action drop`] : [];
      }),
    ),
  );
  return lines.flat();
}
