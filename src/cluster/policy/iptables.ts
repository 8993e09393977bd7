/**
 * Fences as iptables rules and ipsets. FORWARD sees a packet after Service translation (nat PREROUTING) and before masquerading;
 * what the node itself sends to its pods passes OUTPUT and is never judged. RETURN means: nothing against it, go on.
 * What IPVS sends on to an endpoint passes OUTPUT as well, with its client's address, and is judged there.
 */
import { prepend } from "../../append.ts";
import type { Cause } from "../../cause.ts";
import type { TopologyIptables } from "../../resources/iptables/topology-rule.ts";
import { HOST_LENGTH } from "../../net/families.ts";
import type { Family } from "../../net/family.ts";
import { because } from "../../cause.ts";
import { newRule } from "../../fabric/topology-draft.ts";
import type { NodeDraft } from "../../fabric/topology-node.ts";
import type { PolicyBackend } from "./backend.ts";
import { DENIED_GROUP, POLICY_CHAIN as FORWARD } from "../../resources/policy-names.ts";
import { allowComment, denyComment, denyPrefix } from "./deny.ts";
import type { NodeFences, PodFence, PolicyMatch } from "./fence.ts";
import { shortHash } from "./policy-sets.ts";

/** xt_multiport takes no more; a range counts twice. */
const MULTIPORT = 15;
/** xt_comment's limit. */
const COMMENT = 255;

function comment(text: string): readonly string[] {
  return ["-m", "comment", "--comment", allowComment(text, COMMENT)];
}

function setName(name: string, family: Family): string {
  return `${name}-${family === "ipv4" ? 4 : 6}`;
}

function chainOf(fence: PodFence): string {
  return `NP-${fence.direction === "ingress" ? "IN" : "EG"}-${shortHash(fence.pod)}`;
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

function fenceRules(fence: PodFence, family: Family, log: boolean): readonly TopologyIptables[] {
  const chain = chainOf(fence);
  const rules = fence.matches
    .filter((match) => match.family === undefined || match.family === family)
    .flatMap((match) =>
      matchWords(match, fence, family).map((words) =>
        newRule(family, "filter", chain, [...words, ...comment(match.text), "-j", "RETURN"], match.cause),
      ),
    );
  const denied = because(fence.cause, `no policy allows this ${fence.direction} of ${fence.pod}`);
  const nflog = ["-j", "NFLOG", "--nflog-group", String(DENIED_GROUP), "--nflog-prefix", denyPrefix(fence)];
  if (log) rules.push(newRule(family, "filter", chain, nflog, denied));
  rules.push(
    newRule(family, "filter", chain, ["-m", "comment", "--comment", denyComment(fence, COMMENT), "-j", "DROP"], denied),
  );
  return rules;
}

/** What is not judged: answers, and what IPv6 needs to find its neighbours on the bridge. */
function exemptions(family: Family, cause: Cause): readonly TopologyIptables[] {
  const add = (reason: string, ...words: readonly string[]): TopologyIptables =>
    newRule(family, "filter", FORWARD, [...words, ...comment(reason), "-j", "RETURN"], because(cause, reason));
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

function dispatch(fence: PodFence, family: Family): readonly TopologyIptables[] {
  const side = fence.direction === "ingress" ? "-d" : "-s";
  return fence.addresses[family].map((address) => {
    const words = [side, `${address}/${HOST_LENGTH[family]}`, ...comment(`${fence.pod} ${fence.direction}`)];
    return newRule(family, "filter", FORWARD, [...words, "-j", chainOf(fence)], fence.cause);
  });
}

function judgeSentOn(family: Family, cause: Cause): TopologyIptables {
  const others = ["-m", "addrtype", "!", "--src-type", "LOCAL"];
  const why = because(cause, "IPVS sends packets of others on by OUTPUT: they are judged here");
  const words = [...others, ...comment("NetworkPolicies: what IPVS sends on"), "-j", FORWARD];
  return newRule(family, "filter", "OUTPUT", words, why);
}

export const iptablesBackend: PolicyBackend = {
  enforce({ fences, sets }: NodeFences, families: readonly Family[], log: boolean, cause: Cause, draft: NodeDraft) {
    for (const { name, kind, entries, cause: why, text } of sets)
      for (const family of families)
        draft.ipsets.push({
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
      ...(draft.ipvs.length === 0 ? [] : [judgeSentOn(family, cause)]),
      ...exemptions(family, cause),
      ...fences.flatMap((fence) => dispatch(fence, family)),
      ...fences
        .filter((fence) => fence.addresses[family].length > 0)
        .flatMap((fence) => fenceRules(fence, family, log)),
    ]);
    prepend(draft.iptables, rules);
  },
};
