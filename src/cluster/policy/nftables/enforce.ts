/**
 * Fences as one nftables table: pods are found in a verdict map, a denied packet is dropped here whatever other tables say.
 * `accept` and `return` only end this table's part.
 */
import type { NftChain, NftRule, NftSet } from "../../../resources/nft-table.ts";
import type { Family } from "../../../net/family.ts";
import { because } from "../../../cause.ts";
import type { Enforcement, PolicyBackend } from "../backend.ts";
import { DENIED_GROUP, LOGGED_GROUP, POLICY_TABLE as TABLE } from "../../../resources/policy-names.ts";
import { denyComment, denyPrefix, logPrefix, matchComment, type Denying } from "../deny.ts";
import type { FenceTier, OwnNode, PodFence, PolicyMatch, PolicySet } from "../fence.ts";
import type { Direction } from "../tiers.ts";
import { shortHash } from "../policy-sets.ts";

/** Before iptables' filter tables: what is denied is not counted there. */
const PRIORITY = -5;
/** Before kube-proxy's DNAT, at -100 (netfilter_ipv4.h, NF_IP_PRI_NAT_DST). */
const BEFORE_DNAT = -105;
/** NFT_USERDATA's comment limit. */
const COMMENT = 127;

const IP = { ipv4: "ip", ipv6: "ip6" } as const satisfies Record<Family, string>;
const TYPE = { ipv4: "ipv4_addr", ipv6: "ipv6_addr" } as const satisfies Record<Family, string>;

function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

function short(family: Family): number {
  return family === "ipv4" ? 4 : 6;
}

/** Of a fence's first tier, and of those that follow. */
function chainOf(fence: PodFence, tier = 0): string {
  const chain = `${fence.direction}-${shortHash(fence.pod).slice(0, 8)}-${fence.pod}`;
  return tier === 0 ? chain : `${chain}-tier${tier + 1}`;
}

function setObject({ name, kind, entries, text, cause }: PolicySet, family: Family): NftSet {
  const networks = kind === "networks";
  return {
    kind: "set",
    name: `${name}-${short(family)}`,
    ...(networks
      ? { type: TYPE[family], flags: ["interval"] }
      : { type: `${TYPE[family]} . inet_proto . inet_service` }),
    elements: (entries[family] ?? []).map((entry): NftRule => {
      const [, address, protocol, port] = /^(.*),(\w+):(\d+)$/.exec(entry) ?? [];
      return {
        text: address === undefined ? entry : `${address} . ${protocol} . ${port}`,
        cause: because(cause, text),
      };
    }),
  };
}

function portWords({ protocol, ports }: PolicyMatch): string {
  if (protocol === undefined) return "";
  if (ports === undefined) return `meta l4proto ${protocol} `;
  const list = ports.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  return `${protocol} dport ${list.length === 1 ? list.join("") : `{ ${[...new Set(list)].join(", ")} }`} `;
}

/** The fence's action for what a rule matches. */
function ending(fence: PodFence, tier: number, match: PolicyMatch, how: Enforcement): string {
  const text = `comment ${quoted(matchComment(match.text, COMMENT))}`;
  const isLast = tier === fence.tiers.length - 1;
  if (match.action === "deny") return denial(fence, { match }, how);
  if (match.action === "log") return `log group ${LOGGED_GROUP} prefix ${quoted(logPrefix(fence, match))} ${text}`;
  return match.action === "allow" || isLast ? `return ${text}` : `goto ${chainOf(fence, tier + 1)} ${text}`;
}

function denial(fence: PodFence, by: Denying, { log, denyAs }: Enforcement): string {
  const logging = log ? `log group ${DENIED_GROUP} prefix ${quoted(denyPrefix(fence, by))} ` : "";
  return `${logging}counter ${denyAs} comment ${quoted(denyComment(fence, by, COMMENT))}`;
}

function matchRules(
  match: PolicyMatch,
  direction: Direction,
  families: readonly Family[],
  end: string,
): readonly NftRule[] {
  const rule = (text: string): NftRule => ({ text, cause: match.cause });
  const own = families.filter((family) => match.family === undefined || match.family === family);
  if (match.endpoints !== undefined)
    return own.map((family) =>
      rule(`${IP[family]} daddr . meta l4proto . th dport @${match.endpoints}-${short(family)} ${end}`),
    );
  if (match.peer === undefined) return [rule(`${portWords(match)}${end}`)];
  const side = direction === "ingress" ? "saddr" : "daddr";
  return own.map((family) => rule(`${IP[family]} ${side} @${match.peer}-${short(family)} ${portWords(match)}${end}`));
}

const SPARED = "a pod and its own node always reach each other";

function tierChain(fence: PodFence, tier: FenceTier, at: number, how: Enforcement, ownNode: OwnNode): NftChain {
  const spared = (ownNode === "pods" || how.beforeDNAT) && fence.direction === "egress" && tier.sparesOwnNode;
  const isLast = at === fence.tiers.length - 1;
  return {
    kind: "chain",
    name: chainOf(fence, at),
    rules: [
      ...(spared
        ? [{ text: `fib daddr type local return comment "${SPARED}"`, cause: because(fence.cause, SPARED) }]
        : []),
      ...tier.matches.flatMap((match) =>
        matchRules(match, fence.direction, how.families, ending(fence, at, match, how)),
      ),
      ...(tier.otherwise === "deny"
        ? [
            {
              text: denial(fence, { tier }, how),
              cause: because(fence.cause, `no policy allows this ${fence.direction} of ${fence.pod}`),
            },
          ]
        : isLast
          ? []
          : [{ text: `goto ${chainOf(fence, at + 1)}`, cause: fence.cause }]),
    ],
  };
}

function dispatchMap(direction: Direction, fences: readonly PodFence[], family: Family): NftSet {
  return {
    kind: "map",
    name: `${direction}-pods-${short(family)}`,
    type: `${TYPE[family]} : verdict`,
    elements: fences.flatMap((fence): readonly NftRule[] =>
      fence.direction === direction
        ? fence.addresses[family].map((address) => ({
            text: `${address} : jump ${chainOf(fence)}`,
            cause: fence.cause,
          }))
        : [],
    ),
  };
}

/**
 * `prerouting`: for what pods send, where Services have not translated it yet; it then is not judged again.
 * `output`: for what IPVS sends on to an endpoint, and for the node's own packets where they are judged; `input`: for what pods
 * send to the node itself.
 */
function judging(
  hook: "prerouting" | "forward" | "input" | "output",
  { families, cause, beforeDNAT }: Enforcement,
  ownNode: OwnNode,
): NftChain {
  const lookup = (direction: Direction, side: string): readonly string[] =>
    families.map((family) => `${IP[family]} ${side} vmap @${direction}-pods-${short(family)}`);
  return {
    kind: "chain",
    name: hook,
    hook: `type filter hook ${hook} priority ${hook === "prerouting" ? BEFORE_DNAT : PRIORITY}`,
    rules: [
      ...(hook === "output" && ownNode !== "both"
        ? [`fib saddr type local accept comment "the node's own packets"`]
        : []),
      `ct state established ct direction reply accept comment "answers of allowed connections"`,
      `ct state related accept comment "errors about allowed connections"`,
      ...(families.includes("ipv6")
        ? [
            `ip6 daddr ff02::/16 accept comment "link-local multicast: neighbours, routers"`,
            `icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept comment "neighbours"`,
          ]
        : []),
      ...(hook === "prerouting" || !beforeDNAT ? lookup("egress", "saddr") : []),
      ...(hook === "prerouting" ? [] : lookup("ingress", "daddr")),
    ].map((text) => ({ text, cause })),
  };
}

export const nftablesBackend: PolicyBackend = {
  enforce({ fences, sets, ownNode }, how, draft) {
    const { families, cause, beforeDNAT } = how;
    draft.add({
      kind: "nft",
      owner: "policy",
      family: "inet",
      table: TABLE,
      objects: [
        ...sets.flatMap((set) => families.map((family) => setObject(set, family))),
        ...families.flatMap((family) => [
          dispatchMap("egress", fences, family),
          dispatchMap("ingress", fences, family),
        ]),
        ...(beforeDNAT ? [judging("prerouting", how, ownNode)] : []),
        judging("forward", how, ownNode),
        ...(ownNode === "spared" || beforeDNAT ? [] : [judging("input", how, ownNode)]),
        ...(draft.of("ipvs").length === 0 && ownNode !== "both" ? [] : [judging("output", how, ownNode)]),
        ...fences.flatMap((fence) => fence.tiers.map((tier, at) => tierChain(fence, tier, at, how, ownNode))),
      ],
      cause: because(cause, "NetworkPolicies of the node's pods"),
    });
  },
};
