/** Which NetworkPolicies a logged denial names, with their places in the files. */
import { formatSource } from "../cause.ts";
import { formatNamespace } from "../net/place.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { NetworkPolicyModel } from "../kube/network-policy/network-policy.ts";

/** `words`: the rule's text, `ingress x/a by x/p1,x/p2`, cut by `~`; `ns`: the node whose rule it is. */
export function formatDenial(cluster: ClusterModel | undefined, words: string, ns: string): string {
  const [, direction, pod, names, cut] = /^(ingress|egress) (\S+) by ([^~]*)(~?)$/.exec(words) ?? [];
  if (direction === undefined || pod === undefined || names === undefined || cluster === undefined)
    return `a NetworkPolicy on ${ns} (${words})`;
  const list = names.split(",");
  const found = list.flatMap((name, i) => {
    const isCut = cut === "~" && i === list.length - 1;
    const policy = cluster.policies.filter((one) => (isCut ? textOf(one).startsWith(name) : textOf(one) === name));
    return policy.length === 1 || !isCut ? policy : [];
  });
  const texts = found.length === 0 ? list : found.map((policy) => `${textOf(policy)}${placeText(policy)}`);
  const more = found.length < list.length && found.length > 0 ? " and others" : "";
  const noun = texts.length + (more === "" ? 0 : 1) === 1 ? "NetworkPolicy" : "NetworkPolicies";
  const why = `${direction} of ${formatNamespace(pod)} is isolated and no rule allows it`;
  return `${noun} ${texts.join(", ")}${more} on ${ns}: ${why}`;
}

function textOf({ namespace, name }: NetworkPolicyModel): string {
  return `${namespace}/${name}`;
}

/** ` (labs/x.yaml:33)`. */
function placeText({ cause }: NetworkPolicyModel): string {
  const { source } = cause;
  return source === undefined ? "" : ` (${formatSource(source).replace(/:\d+$/, "")})`;
}
