/** Pods whose egress is isolated and that cannot ask the cluster's DNS. */
import {
  isCalicoPolicy,
  policyName,
  type AnyPolicy,
} from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { podTiers } from "../../cluster/policy/tiers.ts";
import { evaluate, type DirectionVerdict } from "../policy/policy-oracle.ts";
import { someOf, type LintCheck } from "./lint-check.ts";

const ALLOW =
  "allow egress to UDP and TCP 53: { to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }], ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }] }";

const ACCEPT =
  "accept it before: { action: Accept, to: [{ namespaces: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }], protocols: [{ udp: { destinationPort: { number: 53 } } }, { tcp: { destinationPort: { number: 53 } } }] }";

const CALICO_ALLOW =
  "allow it before: egress: [{ action: Allow, protocol: UDP, destination: { namespaceSelector: 'projectcalico.org/name == \"kube-system\"', selector: 'k8s-app == \"kube-dns\"', ports: [53] } }], and the same for TCP";

export const dnsBlocked: LintCheck = (world, report) => {
  const servers = world.pods.filter((pod) => pod.namespace === "kube-system" && pod.labels["k8s-app"] === "kube-dns");
  /** Policies that isolate the same pods are reported once. */
  const reported = new Map<AnyPolicy, { pods: string[]; half: boolean }>();
  for (const pod of world.pods) {
    if (pod.hostNetwork || servers.includes(pod) || podTiers(world, pod, "egress").length === 0) continue;
    const ask = (protocol: "TCP" | "UDP"): readonly DirectionVerdict[] =>
      servers.map(
        (server) =>
          evaluate(world, {
            from: { pod, address: pod.addresses[0] ?? "" },
            to: { pod: server, address: server.addresses[0] ?? "" },
            protocol,
            port: 53,
          }).egress,
      );
    const [first, ...more] = ask("UDP");
    const by = first?.decidedBy?.policy ?? first?.isolatedBy[0];
    if (first === undefined || by === undefined || [first, ...more].some(({ allowed }) => allowed)) continue;
    const entry = reported.get(by) ?? { pods: [], half: ask("TCP").some(({ allowed }) => allowed) };
    entry.pods.push(pod.name);
    reported.set(by, entry);
  }
  for (const [policy, { pods, half }] of reported) {
    report(
      policy.cause.source,
      `${policyName(policy)}: ${someOf(pods)} cannot ask the cluster's DNS: ${half ? "TCP 53 is allowed, UDP 53 is not (protocol is TCP by default)" : policy.kind === "NetworkPolicy" || isCalicoPolicy(policy) ? "egress is isolated and nothing allows port 53" : "a rule denies port 53"}; every name fails`,
      isCalicoPolicy(policy) ? CALICO_ALLOW : policy.kind === "NetworkPolicy" ? ALLOW : ACCEPT,
    );
  }
};
