/** Which policies a logged denial names, with their places in the files. */
import { formatSource } from "../cause.ts";
import { clusterPrefix, namespacedName, objectKey } from "../net/object-ref.ts";
import { formatNamespace } from "../net/place.ts";
import { readRuleWord } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { NetworkPolicyModel } from "../kube/network-policy/network-policy.ts";

/**
 * `words`: the rule's text, `ingress x/a by x/p1,x/p2` or `egress x/a by cnp:3:deny-internet`, cut by `~`; `ns`: the node whose
 * rule it is.
 */
export function formatDenial(cluster: ClusterModel | undefined, words: string, ns: string): string {
  const [, direction, pod, names, cut] = /^(ingress|egress) (\S+) by ([^~]*)(~?)$/.exec(words) ?? [];
  if (pod === undefined || names === undefined || cluster === undefined) return `a NetworkPolicy on ${ns} (${words})`;
  const rule = readRuleWord(names);
  if (rule !== undefined) {
    const text = clusterRule(cluster, rule, direction === "ingress" ? "ingress" : "egress", cut === "~");
    return `${text} on ${ns}: it denies the ${direction} of ${podText(cluster, pod)}`;
  }
  const list = names.split(",");
  const found = list.flatMap((name, i) => {
    const isCut = cut === "~" && i === list.length - 1;
    const policy = cluster.policies.filter((one) =>
      isCut ? namespacedName(one).startsWith(name) : namespacedName(one) === name,
    );
    return policy.length === 1 || !isCut ? policy : [];
  });
  const texts = found.length === 0 ? list : found.map((policy) => `${objectKey(policy)}${placeText(policy)}`);
  const more = found.length < list.length && found.length > 0 ? " and others" : "";
  const noun = texts.length + (more === "" ? 0 : 1) === 1 ? "NetworkPolicy" : "NetworkPolicies";
  const why = `${direction} of ${podText(cluster, pod)} is isolated and no rule allows it`;
  return `${noun} ${texts.join(", ")}${more} on ${ns}: ${why}`;
}

/** `ClusterNetworkPolicy deny-internet spec.egress[2] "to-the-internet" (x.yaml:30)`. */
function clusterRule(
  { clusterPolicies }: ClusterModel,
  { kind, number, name }: NonNullable<ReturnType<typeof readRuleWord>>,
  direction: "ingress" | "egress",
  isCut: boolean,
): string {
  const [policy, other] = clusterPolicies.filter(
    (one) => one.kind === kind && (isCut ? one.name.startsWith(name) : one.name === name),
  );
  const rule = policy?.[direction][number - 1];
  if (policy === undefined || other !== undefined || rule === undefined) return `${kind} ${name}${isCut ? "…" : ""}`;
  const title = rule.name === undefined ? "" : ` "${rule.name}"`;
  return `${kind} ${policy.name} ${rule.cause.reason}${title}${placeText(rule)}`;
}

const podText = (cluster: ClusterModel, pod: string): string => formatNamespace(`${clusterPrefix(cluster.name)}${pod}`);

/** ` (labs/x.yaml:33)`. */
function placeText({ cause }: Pick<NetworkPolicyModel, "cause">): string {
  const { source } = cause;
  return source === undefined ? "" : ` (${formatSource(source).replace(/:\d+$/, "")})`;
}
