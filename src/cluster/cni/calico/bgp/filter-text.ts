/** BGPFilters as functions of BIRD (confd/pkg/resource/template/template_funcs.go). */
import type { BgpFilterDirection, BgpFilterModel, BgpFilterRule } from "../../../../kube/bgp-filter/bgp-filter.ts";
import { modelPrefix } from "../../../../net/families.ts";
import type { Family } from "../../../../net/family.ts";
import { sha256 } from "../../../../net/digest.ts";

/** Local preferences are priorities the other way round: 2^31-1 less the metric. */
export const MOST_PREFERRED = 2_147_483_647;

const VERSIONS = { ipv4: "4", ipv6: "6" } as const;
const MAX_SYMBOL = 64;
const HASH = 16;
const OPERATORS = { Equal: "=", NotEqual: "!=", In: "~", NotIn: "!~" } as const;

export function filterFunction(name: string, direction: BgpFilterDirection, family: Family): string {
  const end = `_${direction}FilterV${VERSIONS[family]}`;
  const max = MAX_SYMBOL - "bgp_".length - end.length;
  const hash = sha256(name).toString("hex").toUpperCase().slice(0, HASH);
  return `'bgp_${name.length <= max ? name : `${name.slice(0, max - HASH - 1)}_${hash}`}${end}'`;
}

/** Some of its rules ask whether the peer is in the same AS. */
export const asksPeer = (rules: readonly BgpFilterRule[]): boolean =>
  rules.some(({ peerType }) => peerType !== undefined);

/** Calls of the functions of these filters, for a peer. */
export function filterCalls(
  filters: readonly BgpFilterModel[],
  names: readonly string[],
  direction: BgpFilterDirection,
  family: Family,
  sameAs: boolean,
): readonly string[] {
  return names.flatMap((name) => {
    const rules = filters.find((one) => one.name === name)?.[direction][family] ?? [];
    if (rules.length === 0) return [];
    return [`${filterFunction(name, direction, family)}(${asksPeer(rules) ? String(sameAs) : ""});`];
  });
}

function cidrText({ cidr = "", length }: BgpFilterRule): string {
  if (length === undefined) return cidr;
  const own = modelPrefix(cidr);
  const most = own.family === "ipv4" ? 32 : 128;
  return `[ ${cidr}{${Math.max(own.length, length.min ?? 0)},${Math.min(most, length.max ?? most)}} ]`;
}

function communityText(text: string): { readonly list: string; readonly value: string } {
  const parts = text.split(":");
  return { list: parts.length === 2 ? "bgp_community" : "bgp_large_community", value: `(${parts.join(", ")})` };
}

export function communityStatement(text: string): string {
  const { list, value } = communityText(text);
  return `${list}.add(${value});`;
}

function conditions(rule: BgpFilterRule): readonly string[] {
  const { community } = rule;
  const own = community === undefined ? undefined : communityText(community);
  return [
    ...(rule.cidr === undefined || rule.operator === undefined
      ? []
      : [`(net ${OPERATORS[rule.operator]} ${cidrText(rule)})`]),
    ...(rule.source === undefined ? [] : ["((defined(source))&&(source ~ [ RTS_BGP ]))"]),
    ...(rule.interface === undefined ? [] : [`((defined(ifname))&&(ifname ~ "${rule.interface}"))`]),
    ...(own === undefined ? [] : [`(${own.value} ~ ${own.list})`]),
    ...((rule.asPathPrefix ?? []).length === 0 ? [] : [`(bgp_path ~ [= ${rule.asPathPrefix?.join(" ")} * =])`]),
    ...(rule.priority === undefined
      ? []
      : [`(defined(bgp_local_pref)&&(bgp_local_pref = ${MOST_PREFERRED - rule.priority}))`]),
  ];
}

function operations(rule: BgpFilterRule): readonly string[] {
  return rule.operations.flatMap((one) => {
    switch (one.kind) {
      case "addCommunity":
        return [communityStatement(one.value)];
      case "prependASPath":
        return one.prefix.toReversed().map((asn) => `bgp_path.prepend(${asn});`);
      case "setPriority":
        return [`bgp_local_pref = ${MOST_PREFERRED - one.value};`];
    }
  });
}

function ruleText(rule: BgpFilterRule): string {
  const all = conditions(rule);
  const body = [...operations(rule), `${rule.action.toLowerCase()};`].join(" ");
  const text = all.length === 0 ? body : `if (${all.join("&&")}) then { ${body} }`;
  if (rule.peerType === undefined) return text;
  return `if (${rule.peerType === "iBGP" ? "" : "!"}is_same_as) then { ${text} }`;
}

/** The functions of all filters in one family. */
export function filterFunctions(filters: readonly BgpFilterModel[], family: Family): readonly string[] {
  const version = VERSIONS[family];
  const lines = filters.flatMap((filter) => {
    const functions = (["import", "export"] as const).flatMap((direction) => {
      const rules = filter[direction][family];
      if (rules.length === 0) return [];
      const parameter = asksPeer(rules) ? "bool is_same_as" : "";
      return [
        `function ${filterFunction(filter.name, direction, family)}(${parameter}) {`,
        ...rules.map((rule) => `  ${ruleText(rule)}`),
        "}",
      ];
    });
    return functions.length === 0 ? [] : [`# v${version} BGPFilter ${filter.name}`, ...functions];
  });
  return lines.length === 0 ? [`# No v${version} BGPFilters configured`] : lines;
}
