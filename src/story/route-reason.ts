/** Why the kernel took a route: the rule that led to its table, and the other routes there that match (ip-rule(8), RFC 1812, 5.2.4.3). */
import { addressMatches } from "../net/families.ts";
import type { Family } from "../net/family.ts";
import type { NamespaceState, ObservedRoute, ObservedRule } from "../resources/observed.ts";
import { tableName, type ChosenRoute } from "./route.ts";

export interface RoutedPacket {
  readonly family: Family;
  readonly to: string;
  /** Absent: sent here, and nothing has chosen a source yet. */
  readonly from?: string | undefined;
  /** Absent: sent here. */
  readonly iif?: string | undefined;
}

function ruleText({ priority, from, to, iif, oif, fwmark, table }: ObservedRule): string {
  const words: readonly (readonly [string, string | undefined])[] = [["to", to], ["iif", iif], ["oif", oif], ["fwmark", fwmark]]; // prettier-ignore
  const selectors = words.flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`]));
  return [`rule ${priority}: from ${from ?? "all"}`, ...selectors, `lookup ${tableName(table)}`].join(" ");
}

/** Marks are not known here: a rule that asks for one is passed over where another one leads to the table. */
function leadsThere(rule: ObservedRule, { family, to, from, iif }: RoutedPacket, table: number): boolean {
  if (rule.family !== family || rule.table !== table || rule.type !== undefined || rule.oif !== undefined) return false;
  if (rule.iif !== undefined && rule.iif !== (iif ?? "lo")) return false;
  if (rule.to !== undefined && !addressMatches(to, rule.to)) return false;
  return rule.from === undefined || (from !== undefined && addressMatches(from, rule.from));
}

function prefixLength({ to }: ObservedRoute): number {
  const [address = "", length] = to.split("/");
  return length === undefined ? (address.includes(":") ? 128 : 32) : Number(length);
}

function routeText({ to, via, dev, metric }: ObservedRoute): string {
  const everything = prefixLength({ to } as ObservedRoute) === 0;
  return [everything ? "default" : to, via === undefined ? "" : `via ${via}`, dev === undefined ? "" : `dev ${dev}`, metric === undefined ? "" : `metric ${metric}`].filter((word) => word !== "").join(" "); // prettier-ignore
}

/** `rule 32766: from all lookup main; longest prefix of 2 that match, before default via 10.0.0.1 dev eth0`. */
export function routeReason(state: NamespaceState, packet: RoutedPacket, chosen: ChosenRoute): string {
  const leading = state.rules.filter((rule) => leadsThere(rule, packet, chosen.tableId));
  const rule = leading.find(({ fwmark }) => fwmark === undefined) ?? leading[0];
  const matching = state.routes
    .filter(
      ({ family, table, to, type }) =>
        family === packet.family && table === chosen.tableId && type !== "throw" && addressMatches(packet.to, to),
    ) // prettier-ignore
    .toSorted((a, b) => prefixLength(b) - prefixLength(a) || (a.metric ?? 0) - (b.metric ?? 0));
  const [first, next] = matching;
  const why =
    first === undefined
      ? ""
      : next === undefined
        ? `the only route of table ${chosen.table} that matches`
        : prefixLength(first) === prefixLength(next)
          ? `lowest metric of ${matching.length} that match, before ${routeText(next)}`
          : `longest prefix of ${matching.length} that match, before ${routeText(next)}`;
  return [rule === undefined ? "" : ruleText(rule), why].filter((text) => text !== "").join("; ");
}
