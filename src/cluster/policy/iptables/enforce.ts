/**
 * Fences as iptables rules and ipsets. FORWARD sees a packet after Service translation (nat PREROUTING) and before masquerading;
 * what the node itself sends to its pods passes OUTPUT and is not judged by default. RETURN means: not denied, continue.
 * Each tier of a fence has a chain of its own, the next is gone to (`-g`).
 * What IPVS forwards to an endpoint passes OUTPUT too, with its client's address, and is judged there.
 * Where what pods send is judged before Services translate it, those fences are in table mangle instead, from PREROUTING.
 */
import type { TopologyIptables } from "../../../fabric/topology-rule.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import { because, type Cause } from "../../../cause.ts";
import { newRule } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { Enforcement, PolicyBackend } from "../backend.ts";
import {
  DENIED_GROUP,
  LOGGED_GROUP,
  POLICY_CHAIN as FORWARD,
  POLICY_CHAIN_BEFORE,
} from "../../../resources/policy-names.ts";
import { denyComment, denyPrefix, logPrefix, matchComment, type Denying } from "../deny.ts";
import type { NodeFences, OwnNode, PodFence, PolicyMatch } from "../fence.ts";
import { shortHash } from "../policy-sets.ts";

/** The limit of xt_multiport; a range counts twice. */
const MULTIPORT = 15;
/** xt_comment's limit. */
const COMMENT = 255;

function comment(text: string): readonly string[] {
  return ["-m", "comment", "--comment", matchComment(text, COMMENT)];
}

/** Where a fence is judged. */
interface Station {
  readonly table: "filter" | "mangle";
  readonly chain: string;
}

const FORWARDED: Station = { table: "filter", chain: FORWARD };
const RECEIVED: Station = { table: "mangle", chain: POLICY_CHAIN_BEFORE };

function stationOf({ direction }: PodFence, { beforeDNAT }: Enforcement): Station {
  return beforeDNAT && direction === "egress" ? RECEIVED : FORWARDED;
}

function setName(name: string, family: Family): string {
  return `${name}-${family === "ipv4" ? 4 : 6}`;
}

/** Of a fence's first tier, and of those that follow. */
function chainOf(fence: PodFence, tier = 0): string {
  const chain = `NP-${fence.direction === "ingress" ? "IN" : "EG"}-${shortHash(fence.pod)}`;
  return tier === 0 ? chain : `${chain}-${tier + 1}`;
}

/** Port lists that fit into one rule each. */
function multiports(ports: NonNullable<PolicyMatch["ports"]>): readonly string[] {
  const lists: string[][] = [];
  let room = 0;
  for (const { from, to } of ports) {
    const size = from === to ? 1 : 2;
    if (room < size) {
      lists.push([]);
      room = MULTIPORT;
    }
    lists.at(-1)?.push(from === to ? String(from) : `${from}:${to}`);
    room -= size;
  }
  return lists.map((list) => list.join(","));
}

function matchWords(match: PolicyMatch, fence: PodFence, family: Family): readonly (readonly string[])[] {
  const { protocol, ports, peer, endpoints } = match;
  if (endpoints !== undefined) return [["-m", "set", "--match-set", setName(endpoints, family), "dst,dst"]];
  const side = fence.direction === "ingress" ? "src" : "dst";
  const words = [
    ...(protocol === undefined ? [] : ["-p", protocol]),
    ...(peer === undefined ? [] : ["-m", "set", "--match-set", setName(peer, family), side]),
  ];
  return ports === undefined
    ? [words]
    : multiports(ports).map((list) => [...words, "-m", "multiport", "--dports", list]);
}

/** The end of a rule: the fence's action for what it matches; several where that needs several rules. */
function endings(fence: PodFence, tier: number, match: PolicyMatch, how: Enforcement): readonly (readonly string[])[] {
  const text = comment(match.text);
  const isLast = tier === fence.tiers.length - 1;
  if (match.action === "allow" || (match.action === "pass" && isLast)) return [[...text, "-j", "RETURN"]];
  if (match.action === "pass") return [[...text, "-g", chainOf(fence, tier + 1)]];
  if (match.action === "deny") return denials(fence, { match }, how);
  return [[...text, ...nflog(LOGGED_GROUP, logPrefix(fence, match))]];
}

function nflog(group: number, prefix: string): readonly string[] {
  return ["-j", "NFLOG", "--nflog-group", String(group), "--nflog-prefix", prefix];
}

function denials(fence: PodFence, by: Denying, { log, denyAs }: Enforcement): readonly (readonly string[])[] {
  const drop = [...comment(denyComment(fence, by, COMMENT)), "-j", denyAs === "drop" ? "DROP" : "REJECT"];
  return log ? [nflog(DENIED_GROUP, denyPrefix(fence, by)), drop] : [drop];
}

function tierRules(
  fence: PodFence,
  at: number,
  family: Family,
  how: Enforcement,
  ownNode: OwnNode,
): readonly TopologyIptables[] {
  const tier = fence.tiers[at];
  if (tier === undefined) return [];
  const add = (words: readonly string[], cause: Cause): TopologyIptables =>
    newRule(family, stationOf(fence, how).table, chainOf(fence, at), words, cause);
  const rules = tier.matches
    .filter((match) => match.family === undefined || match.family === family)
    .flatMap((match) =>
      matchWords(match, fence, family).flatMap((words) =>
        endings(fence, at, match, how).map((ending) => add([...words, ...ending], match.cause)),
      ),
    );
  if ((ownNode === "pods" || how.beforeDNAT) && fence.direction === "egress" && tier.sparesOwnNode)
    rules.unshift(add(TO_OWN_NODE, because(fence.cause, SPARED)));
  if (tier.otherwise === "deny") {
    const denied = because(fence.cause, `no policy allows this ${fence.direction} of ${fence.pod}`);
    for (const words of denials(fence, { tier }, how)) rules.push(add(words, denied));
  } else if (at < fence.tiers.length - 1) rules.push(add(["-g", chainOf(fence, at + 1)], fence.cause));
  // A chain that others jump to exists, even if it is empty in this family.
  return rules.length === 0 ? [add([], fence.cause)] : rules;
}

const SPARED = "a pod and its own node always reach each other";
const TO_OWN_NODE = ["-m", "addrtype", "--dst-type", "LOCAL", ...comment(SPARED), "-j", "RETURN"];

/** What is not judged: answers, and what IPv6 needs to find its neighbours on the bridge. */
function exemptions({ table, chain }: Station, family: Family, cause: Cause): readonly TopologyIptables[] {
  const add = (reason: string, ...words: readonly string[]): TopologyIptables =>
    newRule(family, table, chain, [...words, ...comment(reason), "-j", "RETURN"], because(cause, reason));
  const answers = [
    add("answers of allowed connections", "-m", "conntrack", "--ctstate", "ESTABLISHED", "--ctdir", "REPLY"),
    add("errors about allowed connections", "-m", "conntrack", "--ctstate", "RELATED"),
  ];
  if (family === "ipv4") return answers;
  const icmp = ["-p", "ipv6-icmp", "-m", "icmp6", "--icmpv6-type"];
  return [
    ...answers,
    add("link-local multicast: neighbours, routers", "-d", "ff02::/16"),
    add("neighbour solicitation", ...icmp, "135"),
    add("neighbour advertisement", ...icmp, "136"),
  ];
}

function dispatch(fence: PodFence, { table, chain }: Station, family: Family): readonly TopologyIptables[] {
  const side = fence.direction === "ingress" ? "-d" : "-s";
  return fence.addresses[family].map((address) => {
    const words = [side, `${address}/${HOST_LENGTH[family]}`, ...comment(`${fence.pod} ${fence.direction}`)];
    return newRule(family, table, chain, [...words, "-j", chainOf(fence)], fence.cause);
  });
}

/** OUTPUT has the node's own packets, and what IPVS sends on. */
function judgeOutput(family: Family, ownNode: OwnNode, cause: Cause): TopologyIptables {
  const all = ownNode === "both";
  const others = all ? [] : ["-m", "addrtype", "!", "--src-type", "LOCAL"];
  const why = all
    ? "what the node sends to its own pods is judged too"
    : "IPVS forwards packets through OUTPUT: they are judged here";
  const words = [
    ...others,
    ...comment(all ? "policies: the node's own packets" : "NetworkPolicies: what IPVS forwards"),
    "-j",
    FORWARD,
  ];
  return newRule(family, "filter", "OUTPUT", words, because(cause, why));
}

function judgeInput(family: Family, cause: Cause): TopologyIptables {
  const why = because(cause, "what pods send to their own node is judged too");
  return newRule(family, "filter", "INPUT", [...comment("policies: to the node itself"), "-j", FORWARD], why);
}

/** Jump to what pods send, before anything translates it. */
function judgeReceived(family: Family, cause: Cause): readonly TopologyIptables[] {
  const why = because(cause, "what pods send is judged before Services translate it");
  const jump = [...comment("policies: before Services"), "-j", POLICY_CHAIN_BEFORE];
  return [newRule(family, "mangle", "PREROUTING", jump, why), ...exemptions(RECEIVED, family, cause)];
}

export const iptablesBackend: PolicyBackend = {
  enforce({ fences, sets, ownNode }: NodeFences, how: Enforcement, draft: NodeDraft) {
    const { families, cause, beforeDNAT, denyAs } = how;
    // ip6t_REJECT.c and ipt_REJECT.c: only in table filter, behind the routing decision.
    if (beforeDNAT && denyAs === "reject") throw new TypeError("iptables cannot reject before Services translate");
    for (const { name, kind, entries, cause: why, text } of sets)
      for (const family of families)
        draft.add({
          kind: "ipset",
          owner: "policy",
          family,
          name: setName(name, family),
          type: kind === "networks" ? "hash:net" : "hash:ip,port",
          entries: entries[family] ?? [],
          cause: because(why, text),
        });
    const rules = families.flatMap((family) => [
      newRule(
        family,
        "filter",
        "FORWARD",
        [...comment("NetworkPolicies"), "-j", FORWARD],
        because(cause, "NetworkPolicies are judged before anything else may accept a packet"),
      ),
      ...(beforeDNAT ? judgeReceived(family, cause) : ownNode === "spared" ? [] : [judgeInput(family, cause)]),
      ...(draft.of("ipvs").length === 0 && ownNode !== "both" ? [] : [judgeOutput(family, ownNode, cause)]),
      ...exemptions(FORWARDED, family, cause),
      ...fences.flatMap((fence) => dispatch(fence, stationOf(fence, how), family)),
      ...fences
        .filter((fence) => fence.addresses[family].length > 0)
        .flatMap((fence) => fence.tiers.flatMap((_, at) => tierRules(fence, at, family, how, ownNode))),
    ]);
    draft.addRules("policy", rules);
  },
};
