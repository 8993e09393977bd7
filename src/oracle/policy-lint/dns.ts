/** Pods whose egress is isolated and that cannot ask the cluster's DNS. */
import type { NetworkPolicyModel } from "../../kube/network-policy/network-policy.ts";
import { isolatingPolicies, evaluate } from "../policy/policy-oracle.ts";
import { policyName, someOf } from "./lint-check.ts";
import type { LintCheck } from "./lint-check.ts";

const ALLOW =
  "allow egress to UDP and TCP 53: { to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }], ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }] }";

export const dnsBlocked: LintCheck = (world, tell) => {
  const servers = world.pods.filter((pod) => pod.namespace === "kube-system" && pod.labels["k8s-app"] === "kube-dns");
  /** Policies that isolate the same pods speak once. */
  const told = new Map<NetworkPolicyModel, { pods: string[]; half: boolean }>();
  for (const pod of world.pods) {
    const [first] = isolatingPolicies(world, pod, "egress");
    if (first === undefined || pod.hostNetwork || servers.includes(pod)) continue;
    const can = (protocol: "TCP" | "UDP"): boolean =>
      servers.some(
        (server) =>
          evaluate(world, {
            from: { pod, address: pod.addresses[0] ?? "" },
            to: { pod: server, address: server.addresses[0] ?? "" },
            protocol,
            port: 53,
          }).egress.allowed,
      );
    if (servers.length === 0 || can("UDP")) continue;
    const entry = told.get(first) ?? { pods: [], half: can("TCP") };
    entry.pods.push(pod.name);
    told.set(first, entry);
  }
  for (const [policy, { pods, half }] of told) {
    tell(
      policy.cause.source,
      `${policyName(policy)}: ${someOf(pods)} cannot ask the cluster's DNS: ${half ? "TCP 53 is allowed, UDP 53 is not (protocol is TCP by default)" : "egress is isolated and nothing allows port 53"}; every name fails`,
      ALLOW,
    );
  }
};
