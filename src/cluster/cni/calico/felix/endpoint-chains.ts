/** The chains of an endpoint: what connection tracking knows, the tiers of its policies, then its profiles (felix/rules/endpoints.go). */
import {
  endpointChain,
  groupChain,
  NFLOG,
  nflogEndOfTier,
  nflogNoProfile,
  nflogPrefix,
  policyChain,
  profileChain,
} from "../names.ts";
import type { PolicyId, Side } from "../names.ts";
import type { FelixConfig } from "./config.ts";
import { jump, match, RETURN, rule, setMark } from "./rule.ts";
import type { FelixChain, FelixRule } from "./rule.ts";

/** A policy, with the text by which its version of Calico names its chains. */
export interface GroupPolicy extends PolicyId {
  readonly text: string;
}

/** Policies that follow each other and have the same selector: rules are shared between endpoints by it. */
export interface PolicyGroup {
  readonly selector: string;
  readonly policies: readonly GroupPolicy[];
}

export interface TierGroups {
  readonly name: string;
  readonly defaultAction: "Deny" | "Pass";
  readonly groups: readonly PolicyGroup[];
}

/** Every so many jumps a verdict is looked for. */
const STRIDE = 5;

/** Staged policies are not enforced. */
function enforced({ policies }: PolicyGroup): readonly GroupPolicy[] {
  return policies.filter(({ kind }) => !kind.startsWith("Staged"));
}

/** A group of one policy has no chain of its own. */
export function isInlined(group: PolicyGroup): boolean {
  return enforced(group).length <= 1;
}

export function policyGroupChain(
  side: Side,
  group: PolicyGroup,
  { marks, maxChainName }: Pick<FelixConfig, "marks" | "maxChainName">,
): FelixChain {
  const { selector, policies } = group;
  const verdict = marks.pass | marks.accept;
  return {
    name: groupChain(side, selector, policies),
    rules: enforced(group).flatMap(({ text }, at): readonly FelixRule[] => {
      const isFirst = at % STRIDE === 0;
      const go = rule(isFirst ? [] : match.unmarked(verdict), jump(policyChain(side, text, maxChainName)));
      return at > 0 && isFirst ? [rule(match.anyMark(verdict), RETURN, "Return on verdict"), go] : [go];
    }),
  };
}

/**
 * `workload`: a pod's. Of host endpoints: `normal`, what the node itself gets and sends; `forward`, what it forwards; `untracked`, before
 * connection tracking; `preDNAT`, before DNAT.
 */
export type ChainType = "workload" | "normal" | "forward" | "untracked" | "preDNAT";

interface Endpoint {
  readonly type: ChainType;
  readonly device: string;
  /** `cali-tw-` for what a pod gets, `cali-fw-` for what it sends; `cali-fh-`, `cali-th-`, `cali-fhfw-`, `cali-thfw-`. */
  readonly prefix: string;
  /** Which rules: of a host endpoint `i` for what comes in by it. */
  readonly side: Side;
  /** Those with policies for the direction. */
  readonly tiers: readonly TierGroups[];
  readonly profiles: readonly string[];
  /** Of `forward`: policies of another direction concern it. */
  readonly hasOthers?: boolean | undefined;
  /** For packets of connections that are known. */
  readonly allow: "ACCEPT" | "RETURN";
}

/** Packets of connections that were let through are not asked about again; those of none are dropped. */
function knownConnections(allow: Endpoint["allow"], { marks, deny }: FelixConfig): readonly FelixRule[] {
  const known = match.state("RELATED,ESTABLISHED");
  return [
    ...(allow === "ACCEPT" ? [] : [rule(known, setMark(marks.accept))]),
    rule(known, jump(allow)),
    rule(match.state("INVALID"), jump(deny)),
  ];
}

/** Pods do not tunnel: their packets could pretend to come from other nodes. */
function noTunnels({ deny, vxlanPort }: FelixConfig): readonly FelixRule[] {
  const word = deny === "DROP" ? "Drop" : "Reject";
  return [
    rule(
      [...match.protocol(17), ...match.portIn("destination", vxlanPort)],
      jump(deny),
      `${word} VXLAN encapped packets originating in workloads`,
    ),
    rule(match.protocol(4), jump(deny), `${word} IPinIP encapped packets originating in workloads`),
  ];
}

const NOTRACK = jump("NOTRACK");

function tierRules(
  { name, defaultAction, groups }: TierGroups,
  { side, type }: Endpoint,
  { marks, deny, maxChainName, flowLogs }: FelixConfig,
): readonly FelixRule[] {
  if (groups.length === 0) return [];
  const chains = groups.flatMap((group) =>
    isInlined(group)
      ? enforced(group).map(({ text }) => policyChain(side, text, maxChainName))
      : [groupChain(side, group.selector, group.policies)],
  );
  const word = deny === "DROP" ? "Drop" : "Reject";
  // What comes before connection tracking or DNAT is asked again by normal policies.
  const isLast = type !== "untracked" && type !== "preDNAT";
  const denies = defaultAction === "Deny" && isLast;
  const { letter, group } = NFLOG[side];
  const prefix = nflogEndOfTier(denies ? "D" : "P", letter, name);
  return [
    rule([], setMark(0, marks.pass), `Start of tier ${name}`),
    ...chains.flatMap((chain) => [
      rule(match.unmarked(marks.pass), jump(chain)),
      ...(type === "untracked" ? [rule(match.marked(marks.accept), NOTRACK)] : []),
      rule(match.marked(marks.accept), RETURN, "Return if policy accepted"),
    ]),
    ...(flowLogs && isLast ? [rule(match.unmarked(marks.pass), { does: "nflog", group, prefix })] : []),
    ...(denies
      ? [rule(match.unmarked(marks.pass), jump(deny), `End of tier ${name}. ${word} if no policies passed packet`)]
      : []),
  ];
}

/** Failsafe ports come before the policies of what a node itself gets and sends. */
function failsafeRules({ type, side }: Endpoint): readonly FelixRule[] {
  return type === "workload" || type === "forward"
    ? []
    : [rule([], jump(side === "i" ? "cali-failsafe-in" : "cali-failsafe-out"))];
}

function profileRules(
  { profiles, side }: Endpoint,
  { marks, deny, maxChainName, flowLogs }: FelixConfig,
): readonly FelixRule[] {
  const { letter, group } = NFLOG[side];
  return [
    ...profiles.flatMap((profile) => [
      rule([], jump(profileChain(side, profile, maxChainName))),
      rule(match.marked(marks.accept), RETURN, "Return if profile accepted"),
    ]),
    ...(flowLogs ? [rule([], { does: "nflog", group, prefix: nflogNoProfile(letter) })] : []),
    rule([], jump(deny), `${deny === "DROP" ? "Drop" : "Reject"} if no profiles matched`),
  ];
}

/** A pod's chain, or a host endpoint's. */
export function endpointRules(endpoint: Endpoint, config: FelixConfig): FelixChain {
  const { type, device, prefix, side, tiers, hasOthers = false } = endpoint;
  const { marks, maxChainName } = config;
  const isOpen = type === "forward" && tiers.length === 0 && !hasOthers;
  return {
    name: endpointChain(prefix, device, maxChainName),
    rules: [
      ...(type === "untracked" ? [] : knownConnections(endpoint.allow, config)),
      ...failsafeRules(endpoint),
      rule([], setMark(0, marks.accept | marks.pass)),
      ...(type === "workload" && side === "o" ? noTunnels(config) : []),
      ...tiers.flatMap((tier) => tierRules(tier, endpoint, config)),
      ...(isOpen
        ? [
            rule([], setMark(marks.accept), "Allow forwarded traffic by default"),
            rule([], RETURN, "Return for accepted forward traffic"),
          ]
        : []),
      ...(type === "workload" || type === "normal" ? profileRules(endpoint, config) : []),
    ],
  };
}

/** Of a namespace (`kns.`), which allows everything, or of a service account (`ksa.`), which only has labels. */
export function profileChains(
  profile: string,
  { marks, maxChainName, flowLogs }: Pick<FelixConfig, "marks" | "maxChainName" | "flowLogs">,
): readonly FelixChain[] {
  const allows = profile.startsWith("kns.") || profile === "projectcalico-default-allow";
  const action = allows ? setMark(marks.accept) : undefined;
  return (
    [
      ["i", "ingress"],
      ["o", "egress"],
    ] as const
  ).map(([side, word]) => {
    const { letter, group } = NFLOG[side];
    const log = { does: "nflog", group, prefix: nflogPrefix("A", "R", letter, 0, profile) } as const;
    return {
      name: profileChain(side, profile, maxChainName),
      rules: [
        rule([], action, `Profile ${profile} ${word}`),
        ...(flowLogs && allows ? [rule(match.marked(marks.accept), log)] : []),
      ],
    };
  });
}
