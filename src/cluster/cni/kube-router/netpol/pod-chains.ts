/** A pod's chain, and the ways into it (pkg/controllers/netpol/pod.go). */
import { because } from "../../../../cause.ts";
import type { Cause } from "../../../../cause.ts";
import { DENIED_GROUP } from "../../../../resources/policy-names.ts";
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import type { PodModel } from "../../../../kube/pod/pod-model.ts";
import type { Family, PerFamily } from "../../../../net/family.ts";
import { namespacedName } from "../../../../net/object-ref.ts";
import type { PolicyWorld } from "../../../policy/policy-world.ts";
import { podChain, policyChain } from "../names.ts";
import { comment, commentOf } from "./comments.ts";
import { POD_MARK, POLICY_MARK } from "./marks.ts";
import { routerPolicies } from "./policies.ts";
import type { RouterPolicy } from "./policies.ts";

export const COMMON = "KUBE-NWPLCY-COMMON";
export const DEFAULT = "KUBE-NWPLCY-DEFAULT";

export interface LocalPod {
  readonly namespace: string;
  readonly name: string;
  readonly address: PerFamily<string>;
  /** Those that select it. */
  readonly policies: readonly RouterPolicy[];
  readonly cause: Cause;
}

/** The node's pods that policies may be about, in the order of their names. */
export function localPods(world: PolicyWorld, pods: readonly PodModel[], node: ClusterNode): readonly LocalPod[] {
  const policies = routerPolicies(world).map((policy) => ({
    policy,
    pods: new Set(policy.pods.map(namespacedName)),
  }));
  return pods
    .filter((pod) => pod.node === node.name && !pod.hostNetwork)
    .map(({ namespace, name, address, cause }) => {
      const own = namespacedName({ namespace, name });
      const selecting = policies.filter((one) => one.pods.has(own)).map(({ policy }) => policy);
      return { namespace, name, address, policies: selecting, cause };
    })
    .toSorted((a, b) => (namespacedName(a) < namespacedName(b) ? -1 : 1));
}

interface PodRule {
  readonly chain: string;
  readonly words: readonly string[];
  readonly reason: string;
  readonly cause: Cause;
}

type Entrances = Readonly<Record<"INPUT" | "FORWARD" | "OUTPUT", string>>;

/** From the entrances into the pod's chain, then the chain itself. */
export function podRules(pod: LocalPod, family: Family, entrances: Entrances): readonly PodRule[] {
  const address = pod.address[family];
  if (address === undefined) return [];
  const own = podChain(pod);
  const into = (chain: string, words: readonly string[], reason: string): PodRule => ({
    chain,
    words: [...words, "-j", own],
    reason,
    cause: because(pod.cause, `kube-router: ${reason}`),
  });
  const bridged = ["-m", "physdev", "--physdev-is-bridged"];
  const [to, from] = [
    ["-d", address],
    ["-s", address],
  ];
  const name = (kind: "in" | "out"): readonly string[] => comment(commentOf(pod, kind));
  return [
    into(entrances.FORWARD, [...name("in"), ...to], "what comes to the pod from elsewhere"),
    into(entrances.OUTPUT, [...name("in"), ...to], "what the node itself, or IPVS, sends to the pod"),
    into(entrances.FORWARD, [...bridged, ...name("in"), ...to], "what a neighbour on the bridge sends to the pod"),
    into(entrances.INPUT, [...name("out"), ...from], "what the pod sends to its node"),
    into(entrances.FORWARD, [...name("out"), ...from], "what the pod sends elsewhere"),
    into(entrances.OUTPUT, [...name("out"), ...from], "what IPVS sends on for the pod"),
    into(entrances.FORWARD, [...bridged, ...name("out"), ...from], "what the pod sends to a neighbour on the bridge"),
    ...ownRules(pod, family, address, own),
  ];
}

/** Policies as they are inserted, each before the one that was there. */
function policyJumps({ policies }: LocalPod, family: Family, address: string) {
  const only = { ingress: ["-d", address], egress: ["-s", address], both: [] } as const;
  return policies.toReversed().map((policy) => ({
    words: [...only[policy.type], ...comment(commentOf(policy, "policy")), "-j", policyChain(policy, family)],
    cause: because(policy.cause, "selects the pod"),
  }));
}

function ownRules(pod: LocalPod, family: Family, address: string, chain: string): readonly PodRule[] {
  const rule = (reason: string, ...words: readonly string[]): PodRule => ({
    chain,
    words,
    reason,
    cause: because(pod.cause, `kube-router: ${reason}`),
  });
  const isOpen = (direction: "ingress" | "egress"): boolean =>
    pod.policies.every(({ type }) => type !== direction && type !== "both");
  const unmarked = ["-m", "mark", "!", "--mark", POLICY_MARK];
  const limit = ["-m", "limit", "--limit", "10/minute", "--limit-burst", "10"];
  const nflog = ["-j", "NFLOG", "--nflog-group", String(DENIED_GROUP), ...limit];
  return [
    rule("answers, and ICMP that is always let in", ...comment("common netpol rules"), "-j", COMMON),
    rule(
      "a node reaches its own pods, whatever policies say",
      ...comment("from local node"),
      "-m",
      "addrtype",
      "--src-type",
      "LOCAL",
      "-d",
      address,
      "-j",
      "ACCEPT",
    ),
    ...(isOpen("egress")
      ? [rule("no policy is about what the pod sends", "-s", address, ...comment("default egress"), "-j", DEFAULT)]
      : []),
    ...(isOpen("ingress")
      ? [rule("no policy is about what the pod gets", "-d", address, ...comment("default ingress"), "-j", DEFAULT)]
      : []),
    ...policyJumps(pod, family, address).map(({ words, cause }) => ({ chain, words, reason: cause.reason, cause })),
    rule("what no policy lets pass is logged", ...comment(commentOf(pod, "log-drop")), ...unmarked, ...nflog),
    rule("what no policy lets pass is refused", ...comment(commentOf(pod, "reject")), ...unmarked, "-j", "REJECT"),
    rule(
      "the next chain of a pod marks for itself",
      "-j",
      "MARK",
      "--set-mark",
      `0/${POLICY_MARK.split("/")[1] ?? ""}`,
    ),
    rule(
      "this pod's chain lets the packet pass",
      ...comment("set netpol-ok mark"),
      "-j",
      "MARK",
      "--set-mark",
      POD_MARK,
    ),
  ];
}
