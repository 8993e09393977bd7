/** Three verdicts on a probe between targets of the lab: what the NetworkPolicies say, what the nodes' rules say, and what became of the packet. */
import type { ProbeResult } from "../../services/probe/protocol.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { policyKey, policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { Lab } from "../../lab/lab.ts";
import { clusterPrefix } from "../../net/object-ref.ts";
import type { Target } from "../../net/target.ts";
import { hostReason } from "../../oracle/policy/host-reason.ts";
import type { HostVerdict, Judgement } from "../../oracle/policy/policy-oracle.ts";
import { pathsAcross, policyPaths, type PolicyPath } from "../../oracle/policy/policy-path.ts";
import { allPolicies } from "../../cluster/policy/all-policies.ts";
import { policyWorld, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { Family } from "../../net/family.ts";
import { PolicyRules, type RulesVerdict } from "../../installed/policy-rules.ts";
import type { RunContext } from "../kind.ts";
import { podDevicesOf } from "../../cluster/pod-devices.ts";
import { clusterOf, clusterTowards } from "../../cluster/lab-clusters.ts";

const worlds = new WeakMap<ClusterModel, PolicyWorld>();

function worldOf(cluster: ClusterModel): PolicyWorld {
  const known = worlds.get(cluster) ?? policyWorld(cluster);
  worlds.set(cluster, known);
  return known;
}

export interface PolicyVerdict {
  /** One, or one per endpoint of the Service that is asked. */
  readonly paths: readonly PolicyPath[];
  /** Undefined: some endpoints are allowed and some are not. */
  readonly allowed: boolean | undefined;
}

function agreed(all: readonly boolean[]): boolean | undefined {
  const [first] = all;
  return all.every((one) => one === first) ? first : undefined;
}

/** Undefined where policies do not decide: there are none, the packet is not a connection, or it comes from outside and does not go to a Service. */
export function policyVerdict(
  lab: Lab,
  from: Target,
  to: Pick<Target, "addresses">,
  protocol: "tcp" | "udp" | "sctp" | "http" | "icmp",
  port: number,
  family: Family,
): PolicyVerdict | undefined {
  const address = to.addresses[family];
  const cluster = address === undefined ? undefined : clusterTowards(lab, from, address);
  const own = clusterOf(lab, from) ?? cluster;
  if (cluster === undefined || own === undefined || address === undefined || protocol === "icmp") return undefined;
  if ([own, cluster].every((one) => allPolicies(one).length + (one.calico?.hostEndpoints.length ?? 0) === 0))
    return undefined;
  const name = ({ tcp: "TCP", http: "TCP", udp: "UDP", sctp: "SCTP" } as const)[protocol];
  const asked = { address, port };
  const paths =
    own === cluster
      ? policyPaths(cluster, worldOf(cluster), from, asked, name, family)
      : pathsAcross([own, worldOf(own)], [cluster, worldOf(cluster)], from, asked, name, family);
  const isJudged = ({ egress, ingress, judgement }: PolicyPath): boolean =>
    egress !== undefined || ingress !== undefined || hostsOf(judgement).length > 0;
  if (paths === undefined || !paths.some(isJudged)) return undefined;
  const outside = from.pod === undefined && !own.nodes.some((node) => node.name === from.node);
  if (outside && paths.some((path) => path.endpoint === undefined && hostsOf(path.judgement).length === 0))
    return undefined;
  return { paths, allowed: agreed(paths.map(({ judgement }) => judgement.allowed)) };
}

/** The rules of all nodes in verdicts: those that this run has already read, or (`fresh`) the current ones. */
export async function readPolicyRules(
  context: Pick<RunContext, "lab" | "client" | "startedAt">,
  verdicts: readonly (PolicyVerdict | undefined)[],
  family: Family,
  fresh = false,
): Promise<PolicyRules | undefined> {
  const nodes = new Set(
    verdicts.flatMap(
      (verdict) =>
        verdict?.paths.flatMap(({ egress, ingress, passages = [] }) => [
          egress?.node,
          ingress?.node,
          ...passages.map(({ node }) => node),
        ]) ?? [],
    ),
  );
  const run = fresh ? undefined : context.startedAt;
  const reads = context.lab.clusters.flatMap((cluster) => {
    const names = cluster.nodes.map(({ name }) => name).filter((name) => nodes.has(name));
    return names.length === 0 ? [] : [PolicyRules.read(context.client, cluster, names, family, podDevicesOf, run)];
  });
  return reads.length === 0 ? undefined : PolicyRules.join(await Promise.all(reads), family);
}

/** The rules' effect on all of a verdict's paths; undefined: they could not be read, or they treat endpoints differently. */
export function rulesVerdict(
  verdict: PolicyVerdict | undefined,
  rules: PolicyRules | undefined,
): RulesVerdict | undefined {
  const all = verdict?.paths.map((path) => rules?.judge(path)) ?? [];
  const [first] = all;
  return all.every((one) => one !== undefined && one.allowed === first?.allowed) ? first : undefined;
}

/** The rules differ from the policies, or a packet arrived where they allow none, or was dropped by a policy's rule where they do. */
export function contradicts(
  verdict: PolicyVerdict | undefined,
  rules: RulesVerdict | undefined,
  result: ProbeResult | undefined,
): boolean {
  if (verdict?.allowed === undefined || result === undefined) return false;
  if (rules !== undefined && rules.allowed !== verdict.allowed) return true;
  return verdict.allowed ? result.denied !== undefined : result.outcome === "open";
}

const hostsOf = ({ hosts = [] }: Judgement): readonly HostVerdict[] => hosts;

function why(judgement: Judgement): string {
  const { allowed, egress, ingress } = judgement;
  const closed = (
    [
      ["egress", egress],
      ["ingress", ingress],
    ] as const
  ).filter(([, verdict]) => !verdict.allowed);
  const reasons = closed.map(([direction, { isolatedBy, decidedBy }]) =>
    decidedBy === undefined
      ? `${direction} isolated by ${isolatedBy.map((policy) => `${clusterPrefix(policy.cluster)}${policyKey(policy)}`).join(", ")}`
      : `${direction} by ${policyName(decidedBy.policy)} ${decidedBy.rule.cause.reason}`,
  );
  const hosts = hostsOf(judgement).filter((one) => !one.allowed);
  return allowed ? "allowed" : `denied (${[...reasons, ...hosts.map(hostReason)].join("; ")})`;
}

/** `denied (egress isolated by x/deny)`; of several endpoints each. */
export function formatPolicies({ paths }: PolicyVerdict): string {
  const said = paths.map(
    ({ endpoint, judgement }) => `${endpoint === undefined ? "" : `${endpoint} `}${why(judgement)}`,
  );
  return [...new Set(said)].join(", ");
}

/** `policies: denied (egress isolated by x/deny); rules: dropped on n1 by NP-EG-…: …; packet: timeout`. */
export function formatVerdicts(
  verdict: PolicyVerdict,
  rules: RulesVerdict | undefined,
  result: ProbeResult | undefined,
): string {
  const read = rules === undefined ? "not read" : rules.text;
  const packet =
    result === undefined
      ? "none"
      : `${result.outcome}${result.denied === undefined ? "" : `, dropped by ${result.denied}`}`;
  return `policies: ${formatPolicies(verdict)}; rules: ${read}; packet: ${packet}`;
}
