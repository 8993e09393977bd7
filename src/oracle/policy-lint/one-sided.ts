/** Connections that one side allows on purpose and the other side's policies do not let through. */
import { perObject } from "../../memo.ts";
import { policyName, type AnyPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { NetworkPolicyModel, PolicyPort, PolicyRule } from "../../kube/network-policy/network-policy.ts";
import type { PolicyWorld, WorldPod } from "../../cluster/policy/policy-world.ts";
import { podTiers, type Direction } from "../../cluster/policy/tiers.ts";
import { evaluate } from "../policy/policy-oracle.ts";
import { namedPods, selectedPods, someOf, type LintCheck } from "./lint-check.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** How many kinds of pods of each side are tested: pods with the same labels get the same answer. */
const SAMPLE = 6;

const kindKey = perObject((pod: WorldPod) => `${pod.namespace} ${JSON.stringify(pod.labels)}`);

function kindsOf(pods: readonly WorldPod[]): readonly WorldPod[] {
  const seen = new Map<string, WorldPod>();
  for (const pod of pods) {
    const key = kindKey(pod);
    if (!seen.has(key)) seen.set(key, pod);
    if (seen.size >= SAMPLE) break;
  }
  return [...seen.values()];
}

/** The port to test on this destination; undefined where it has none that the rule covers. */
function portOn(
  pod: WorldPod,
  ports: readonly PolicyPort[],
): { protocol: "TCP" | "UDP" | "SCTP"; port: number } | undefined {
  for (const { protocol = "TCP", port } of ports) {
    if (typeof port === "number") return { protocol, port };
    const found = pod.ports.find((one) => one.protocol === protocol && (port === undefined || one.name === port));
    if (found !== undefined) return found;
  }
  const [first] = pod.ports;
  return ports.length > 0 ? undefined : first;
}

const end = (pod: WorldPod) => ({ pod, address: pod.addresses[0] ?? "" });

function blocked(
  world: PolicyWorld,
  policy: NetworkPolicyModel,
  rule: PolicyRule,
  direction: Direction,
): { readonly pairs: readonly string[]; readonly by: AnyPolicy; readonly asked: number } | undefined {
  const others = namedPods(world, policy, rule);
  if (others === undefined) return undefined;
  const far = direction === "egress" ? "ingress" : "egress";
  const pairs: string[] = [];
  let by: AnyPolicy | undefined;
  let asked = 0;
  const isolated = kindsOf(others).filter((pod) => podTiers(world, pod, far).length > 0);
  for (const own of isolated.length === 0 ? [] : kindsOf(selectedPods(world, policy))) {
    for (const other of isolated) {
      const [from, to] = direction === "egress" ? [own, other] : [other, own];
      const port = portOn(to, rule.ports);
      if (own === other || port === undefined) continue;
      asked += 1;
      const verdict = evaluate(world, { from: end(from), to: end(to), protocol: port.protocol, port: port.port })[far];
      if (verdict.allowed) continue;
      pairs.push(`${namespacedName(from)} → ${namespacedName(to)} ${port.protocol} ${port.port}`);
      by ??= verdict.decidedBy?.policy ?? verdict.isolatedBy[0];
    }
  }
  return by === undefined ? undefined : { pairs, by, asked };
}

export const oneSided: LintCheck = (world, report) => {
  for (const policy of world.policies) {
    for (const direction of ["egress", "ingress"] as const) {
      if (!policy.types.includes(direction === "egress" ? "Egress" : "Ingress")) continue;
      for (const rule of policy[direction]) {
        const found = blocked(world, policy, rule, direction);
        if (found === undefined || found.pairs.length < found.asked) continue;
        const far = direction === "egress" ? "ingress" : "egress";
        report(
          rule.cause.source,
          `${policyName(policy)}: ${rule.cause.reason} allows ${direction}, but the other side's ${far} is denied: ${someOf(found.pairs)}`,
          found.by.kind === "NetworkPolicy"
            ? `${policyName(found.by)} isolates ${direction === "egress" ? "the destination" : "the source"}: allow it there too; a connection needs both`
            : `${policyName(found.by)} denies it on the other side: its rules come before`,
        );
      }
    }
  }
};
