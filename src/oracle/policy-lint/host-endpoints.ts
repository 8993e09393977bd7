/** Host endpoints that cut their node off: all but failsafe ports, and what the cluster itself needs. */
import type { HostEndpointModel } from "../../kube/calico/calico-policy.ts";
import { ALLOW_PROFILE } from "../../kube/host-endpoint/host-endpoint.ts";
import { hostTiers } from "../../cluster/policy/host-endpoints.ts";
import { UPLINK } from "../../cluster/policy/policy-world.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { hostVerdicts } from "../policy/host-verdict.ts";
import type { HostVerdict, PolicyPacket } from "../policy/policy-oracle.ts";
import type { LintCheck } from "./lint-check.ts";

/** The kubelet's: logs, exec, metrics; no failsafe port. */
const KUBELET = 10_250;

const DIRECTIONS = ["ingress", "egress"] as const;

/** What denies the kubelet's port to another node; undefined: nothing. */
function deniedKubelet(world: PolicyWorld, { node, name }: HostEndpointModel): HostVerdict | undefined {
  const [own, other] = [world.nodes.find((one) => one.name === node), world.nodes.find((one) => one.name !== node)];
  const [to, from] = [own?.internalIPs[0], other?.internalIPs[0]];
  if (to === undefined || from === undefined) return undefined;
  const packet: PolicyPacket = { from: { address: from }, to: { address: to }, protocol: "TCP", port: KUBELET };
  return hostVerdicts(world, [{ node, in: UPLINK, before: packet, after: packet }]).find(
    ({ allowed, endpoint }) => !allowed && endpoint.name === name,
  );
}

export const hostCutOff: LintCheck = (world, report) => {
  for (const endpoint of world.calico?.hostEndpoints ?? []) {
    if (endpoint.profiles.includes(ALLOW_PROFILE)) continue;
    const open = DIRECTIONS.filter((direction) => hostTiers(world, endpoint, "normal", direction).length === 0);
    if (open.length > 0) {
      report(
        endpoint.cause.source,
        `HostEndpoint ${endpoint.name}: no policy concerns its ${open.join(" and ")}, and it has no profile: all but failsafe ports is denied${open.includes("egress") ? `, also what ${endpoint.node} itself sends` : ""}`,
        `add GlobalNetworkPolicies that select it, or profiles: [${ALLOW_PROFILE}]`,
      );
    }
    if (open.includes("ingress") || deniedKubelet(world, endpoint) === undefined) continue;
    report(
      endpoint.cause.source,
      `HostEndpoint ${endpoint.name}: other nodes cannot reach the kubelet of ${endpoint.node}: TCP ${KUBELET} is not a failsafe port, and its policies deny it; logs, exec and metrics fail`,
      `allow it: ingress: [{ action: Allow, protocol: TCP, destination: { ports: [${KUBELET}] } }]`,
    );
  }
};
