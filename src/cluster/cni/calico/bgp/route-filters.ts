/** What a node's BIRD does with routes, for the computed ones: the same as bird-statements.ts says in BIRD's language. */
import type { BgpFilterModel, BgpFilterRule } from "../../../../kube/bgp-filter/bgp-filter.ts";
import { parsePrefix, prefixContains } from "../../../../net/address.ts";
import type { Prefix } from "../../../../net/address.ts";
import { modelPrefix } from "../../../../net/families.ts";
import type { BgpFilter, BgpPath } from "../../../bgp/model.ts";
import type { BirdConfig } from "./bird-config.ts";
import { sameAs } from "./bird-statements.ts";
import { MOST_PREFERRED } from "./filter-text.ts";
import type { BirdPeer } from "./peers.ts";

/** What lets a learned route win over one of the node's own. */
const OVERRIDE = 200;
/** Where nodes learn routes. */
const UPLINK = "eth0";

const isWithin = (prefix: Prefix, range: Prefix): boolean =>
  prefix.length >= range.length && prefixContains(range, prefix);

function matchesCidr(prefix: Prefix, { cidr, operator, length }: BgpFilterRule): boolean {
  if (cidr === undefined || operator === undefined) return true;
  const range = modelPrefix(cidr);
  const fits = prefix.length >= (length?.min ?? 0) && prefix.length <= (length?.max ?? 128);
  const isIn = isWithin(prefix, range) && fits;
  const isEqual = prefix.length === range.length && prefix.value === range.value;
  return { In: isIn, NotIn: !isIn, Equal: isEqual, NotEqual: !isEqual }[operator];
}

/** `*` is any text, as in BIRD's patterns. */
function matchesInterface(pattern: string, path: BgpPath): boolean {
  const text = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return path.from !== undefined && new RegExp(`^${text}$`).test(UPLINK);
}

function matches(rule: BgpFilterRule, path: BgpPath, isInternal: boolean): boolean {
  const { community, asPathPrefix = [], priority, peerType } = rule;
  return (
    matchesCidr(modelPrefix(path.prefix), rule) &&
    (rule.source === undefined || path.from !== undefined) &&
    (rule.interface === undefined || matchesInterface(rule.interface, path)) &&
    (peerType === undefined || (peerType === "iBGP") === isInternal) &&
    (community === undefined || path.communities.includes(community)) &&
    asPathPrefix.every((asn, i) => path.asPath[i] === asn) &&
    (priority === undefined || path.localPref === MOST_PREFERRED - priority)
  );
}

function operated(path: BgpPath, { operations }: BgpFilterRule): BgpPath {
  let { communities, asPath, localPref } = path;
  for (const one of operations)
    switch (one.kind) {
      case "addCommunity":
        if (!communities.includes(one.value)) communities = communities.concat(one.value);
        break;
      case "prependASPath":
        asPath = one.prefix.concat(asPath);
        break;
      case "setPriority":
        localPref = MOST_PREFERRED - one.value;
    }
  return { ...path, communities, asPath, localPref };
}

/** The first rule that matches decides; undefined: none does. */
function filtered(
  filters: readonly BgpFilterModel[],
  names: readonly string[],
  direction: "import" | "export",
  path: BgpPath,
  isInternal: boolean,
): BgpPath | string | undefined {
  for (const name of names) {
    const rules = filters.find((one) => one.name === name)?.[direction][path.family] ?? [];
    const index = rules.findIndex((rule) => matches(rule, path, isInternal));
    const rule = rules[index];
    if (rule === undefined) continue;
    return rule.action === "Accept"
      ? operated(path, rule)
      : `BGPFilter ${name}: ${direction} rule ${index + 1} rejects it`;
  }
  return undefined;
}

export function importFilter(config: BirdConfig, peer: BirdPeer): BgpFilter | undefined {
  const { filters, priority } = config;
  if (filters.length === 0) return undefined;
  const isInternal = sameAs(config, peer);
  return (path) => {
    const passed = filtered(filters, peer.filters, "import", path, isInternal) ?? path;
    // A filter that accepts ends there.
    const ended = passed !== path;
    if (typeof passed === "string" || ended || priority === undefined) return passed;
    return passed.localPref > MOST_PREFERRED - priority ? { ...passed, preference: OVERRIDE } : passed;
  };
}

/** Why `calico_export_to_bgp_peers` does not accept a prefix; undefined: it does. */
function refusal({ pools, blocks, services, clusterId, ...config }: BirdConfig, path: BgpPath): string | undefined {
  const prefix = parsePrefix(path.prefix);
  if (prefix === undefined) return "no prefix";
  const isIn = (ranges: readonly string[]): boolean => ranges.some((range) => isWithin(prefix, modelPrefix(range)));
  const closed = pools.find(({ cidr, unexported }) => unexported === true && isIn([cidr]));
  if (closed !== undefined) return `${closed.cidr} is not exported (disableBGPExport)`;
  if (blocks.includes(path.prefix)) return undefined;
  if (isIn(blocks)) return "its own block is announced, and nothing in it";
  if (isIn(services.routes.map((one) => one.prefix))) return undefined;
  if (clusterId !== undefined && isIn([...config.loadBalancerIPs, ...config.externalIPs])) return undefined;
  return isIn(pools.map(({ cidr }) => cidr)) ? undefined : "it is in no IP pool";
}

function communitiesOf({ advertisements }: BirdConfig, path: BgpPath): readonly string[] {
  const prefix = parsePrefix(path.prefix);
  if (prefix === undefined || advertisements.length === 0) return path.communities;
  const own = advertisements.filter(({ cidr }) => isWithin(prefix, modelPrefix(cidr)));
  return [...new Set([...path.communities, ...own.flatMap(({ communities }) => communities)])];
}

/** `known`: what was decided about prefixes, for all peers of the node. */
export function exportFilter(config: BirdConfig, peer: BirdPeer, known: Map<string, string | undefined>): BgpFilter {
  const isInternal = sameAs(config, peer);
  return (path) => {
    const passed = filtered(config.filters, peer.filters, "export", path, isInternal);
    if (passed !== undefined) return passed;
    if (!known.has(path.prefix)) known.set(path.prefix, refusal(config, path));
    const why = known.get(path.prefix);
    if (why !== undefined) return why;
    const communities = communitiesOf(config, path);
    return communities === path.communities ? path : { ...path, communities };
  };
}
