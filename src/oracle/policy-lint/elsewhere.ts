/** Pods that an operator makes of a custom resource are not in the manifests: selecting them is not a mistake. */
import type { PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { matches } from "../../kube/label-selector.ts";
import type { LabelSelector, PolicyPeer } from "../../kube/network-policy/network-policy.ts";
import { policyObjects, type CustomResource, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { namedPods, selectedPods } from "./lint-check.ts";

/** `longhorn.io` of `longhorn.io/component`, and a key that is a domain itself. */
const domainOf = (key: string): string => key.split("/", 1)[0] ?? "";

const isBelow = (domain: string, other: string): boolean => other.includes(".") && domain.endsWith(`.${other}`);

/** Operators write labels in the domain of their API, `strimzi.io` for `kafka.strimzi.io`. */
function isOwnKey(key: string, { group }: CustomResource): boolean {
  const domain = domainOf(key);
  return domain === group || isBelow(domain, group) || isBelow(group, domain);
}

function mayMatch(selector: LabelSelector, resource: CustomResource): boolean {
  const { kind, name, group, labels } = resource;
  const lower = kind.toLowerCase();
  const isWhole = resource.namespace === undefined;
  const words = isWhole ? new Set<string>() : new Set([lower, name, `${name}-${lower}`, `${lower}-${name}`]);
  // Parts are called after the whole: `rook-ceph-mon` of CephCluster rook-ceph, `longhorn-csi-plugin` of longhorn.io.
  const prefix = `${isWhole ? group.split(".", 1)[0] : name}-`;
  const wanted = selector.requirements.filter(({ operator }) => operator === "In" || operator === "Exists");
  return (
    wanted.some((one) => isOwnKey(one.key, resource)) ||
    (wanted.length > 0 &&
      wanted.every(
        (one) =>
          matches({ requirements: [one] }, labels) ||
          (one.operator === "In" && one.values.some((value) => words.has(value) || value.startsWith(prefix))),
      ))
  );
}

/** The custom resource of these namespaces that may have pods which the selector means; undefined: there is none. */
export function makerOf(
  world: PolicyWorld,
  selector: LabelSelector,
  namespaces: { has(name: string): boolean },
): CustomResource | undefined {
  return world.customResources?.find(
    (one) => (one.namespace === undefined || namespaces.has(one.namespace)) && mayMatch(selector, one),
  );
}

/** The custom resources whose pods policies probably refer to, where they match none of the existing pods. */
export function makers(world: PolicyWorld): readonly CustomResource[] {
  const found = new Set<CustomResource | undefined>();
  for (const policy of policyObjects(world)) {
    const { podSelector, names: own } = subjectOf(world, policy);
    if (podSelector !== undefined && selectedPods(world, policy).length === 0)
      found.add(makerOf(world, podSelector, own));
    for (const rule of [...policy.ingress, ...policy.egress])
      for (const peer of rule.peers) {
        if (peer.kind !== "pods" || peer.podSelector === undefined) continue;
        const names = new Set(peerNamespaces(world, policy, peer).map(({ name }) => name));
        if (namedPods(world, policy, { ...rule, peers: [peer] })?.length === 0)
          found.add(makerOf(world, peer.podSelector, names));
      }
  }
  return [...found].filter((one) => one !== undefined);
}

/** The namespaces and the selector of the pods that a policy concerns. */
export function subjectOf(
  world: PolicyWorld,
  policy: PolicyObject,
): { readonly names: ReadonlySet<string>; readonly podSelector: LabelSelector | undefined } {
  if (policy.kind === "NetworkPolicy") return { names: new Set([policy.namespace]), podSelector: policy.podSelector };
  const { namespaceSelector, podSelector } = policy.subject;
  const meant = world.namespaces.filter(({ labels }) => matches(namespaceSelector, labels));
  return { names: new Set(meant.map(({ name }) => name)), podSelector };
}

/** Namespaces that a peer means. */
export function peerNamespaces(
  world: PolicyWorld,
  policy: PolicyObject,
  { namespaceSelector }: Extract<PolicyPeer, { kind: "pods" }>,
): PolicyWorld["namespaces"] {
  return world.namespaces.filter(({ name, labels }) =>
    namespaceSelector === undefined
      ? policy.kind === "NetworkPolicy" && name === policy.namespace
      : matches(namespaceSelector, labels),
  );
}
