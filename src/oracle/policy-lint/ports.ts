/** Ports that no pod serves. */
import { policyName, type PolicyObject } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyPort } from "../../kube/network-policy/network-policy.ts";
import { policyObjects, type PolicyWorld, type WorldPod } from "../../cluster/policy/policy-world.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { formatPort } from "../policy/policy-explain.ts";
import { namedPods, selectedPods, someOf, type LintCheck } from "./lint-check.ts";

function serves(pod: WorldPod, port: PolicyPort): boolean {
  return pod.ports.some((one) => {
    if (port.protocol !== undefined && one.protocol !== port.protocol) return false;
    if (port.port === undefined) return true;
    if (typeof port.port === "string") return one.name === port.port;
    return one.port >= port.port && one.port <= (port.endPort ?? port.port);
  });
}

/** The number is that of a Service in front of these pods. */
function serviceHint(port: PolicyPort, pods: readonly WorldPod[], world: PolicyWorld): string | undefined {
  for (const { namespace, name, selector, ports } of world.services ?? []) {
    const wanted = Object.entries(selector ?? {});
    const leads = (pod: WorldPod): boolean =>
      pod.namespace === namespace && wanted.every(([key, value]) => pod.labels[key] === value);
    if (wanted.length === 0 || !pods.some(leads)) continue;
    const found = ports.find((one) => one.port === port.port && one.protocol === (port.protocol ?? one.protocol));
    if (found !== undefined && found.targetPort !== found.port)
      return `${found.port} is the port of Service ${namespace}/${name}; policies see the packet after its translation: write the pod's port ${found.targetPort}`;
  }
  return undefined;
}

function check(
  world: PolicyWorld,
  port: PolicyPort,
  policy: PolicyObject,
  pods: readonly WorldPod[],
  report: Parameters<LintCheck>[1],
): void {
  // Container ports need no declaration: a pod without any says nothing about its numbers.
  const declaring = typeof port.port === "string" ? pods : pods.filter((pod) => pod.ports.length > 0);
  if (declaring.length === 0 || declaring.length < pods.length || declaring.some((pod) => serves(pod, port))) return;
  const declared = [
    ...new Set(
      declaring.flatMap((pod) =>
        pod.ports.map((one) => `${one.protocol} ${one.port}${one.name === undefined ? "" : ` (${one.name})`}`),
      ),
    ),
  ];
  const names = declaring.flatMap((pod) => pod.ports.flatMap((one) => (one.name === undefined ? [] : [one.name])));
  const guess = typeof port.port === "string" ? didYouMean(port.port, names, "names there are") : undefined;
  const service = serviceHint(port, pods, world);
  report(
    port.cause.source,
    `${policyName(policy)}: ${formatPort(port)} is served by none of ${someOf(declaring.map((pod) => pod.name))}`,
    guess ??
      service ??
      (declared.length === 0
        ? "their containers declare no ports: a port name must be declared by a container"
        : `they declare ${declared.slice(0, 6).join(", ")}; a policy names the pod's port, not the Service's`),
  );
}

export const unservedPort: LintCheck = (world, report) => {
  for (const policy of policyObjects(world)) {
    const selected = selectedPods(world, policy);
    for (const rule of policy.ingress) for (const port of rule.ports) check(world, port, policy, selected, report);
    for (const rule of policy.egress) {
      const pods = rule.ports.length === 0 ? undefined : namedPods(world, policy, rule);
      if (pods !== undefined) for (const port of rule.ports) check(world, port, policy, pods, report);
    }
  }
};
