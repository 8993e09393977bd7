/** Which host endpoint governs which of a node's interfaces (felix/dataplane/linux/endpoint_mgr.go), and its tiers. */
import type { HostEndpointModel } from "../../kube/calico/calico-policy.ts";
import { isCalicoPolicy } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { orderedTiers } from "./calico-order.ts";
import { selectsHost } from "./endpoint-labels.ts";
import type { PolicyWorld } from "./policy-world.ts";
import { rulesOf } from "./tiers.ts";
import type { Direction, PodTier } from "./tiers.ts";

/** Of a node, besides those of its pods. */
export interface HostDevice {
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface NodeEndpoints {
  /** By interface. */
  readonly devices: ReadonlyMap<string, HostEndpointModel>;
  /** For all interfaces that have none of their own. */
  readonly any?: HostEndpointModel | undefined;
}

const byName = (a: HostEndpointModel, b: HostEndpointModel): number => (a.name < b.name ? -1 : 1);

function governs({ interfaceName, expectedIPs }: HostEndpointModel, { name, addresses }: HostDevice): boolean {
  return interfaceName === undefined ? expectedIPs.some((ip) => addresses.includes(ip)) : interfaceName === name;
}

/** Of several that match, the first by name. */
export function nodeEndpoints({ calico, nodes }: PolicyWorld, node: string): NodeEndpoints {
  const own = (calico?.hostEndpoints ?? []).filter((one) => one.node === node).toSorted(byName);
  const named = own.filter(({ interfaceName }) => interfaceName !== "*");
  const devices = nodes.find(({ name }) => name === node)?.devices ?? [];
  return {
    devices: new Map(
      devices.flatMap((device) => {
        const endpoint = named.find((one) => governs(one, device));
        return endpoint === undefined ? [] : [[device.name, endpoint] as const];
      }),
    ),
    any: own.find(({ interfaceName }) => interfaceName === "*"),
  };
}

/** When a host endpoint's policies are asked: `forward` are those of the normal ones that apply to what the node forwards. */
export type HostStage = "untracked" | "preDNAT" | "normal" | "forward";

const TYPE = { ingress: "Ingress", egress: "Egress" } as const satisfies Record<Direction, string>;

/** Tiers with policies that concern it in the direction. */
export function hostTiers(
  world: PolicyWorld,
  endpoint: HostEndpointModel,
  stage: HostStage,
  direction: Direction,
): readonly PodTier[] {
  const isOfStage = stage === "forward" || stage === "normal" ? "normal" : stage;
  return orderedTiers(world).flatMap(({ name, defaultAction, policies: all }) => {
    const policies = all.filter(
      (policy) =>
        isCalicoPolicy(policy) &&
        policy.namespace === undefined &&
        policy.stage === isOfStage &&
        (stage !== "forward" || policy.applyOnForward) &&
        policy.types.includes(TYPE[direction]) &&
        selectsHost(world, policy.selector, endpoint),
    );
    if (policies.length === 0) return [];
    return [
      {
        tier: name,
        policies,
        rules: policies.flatMap((policy) => rulesOf(policy, direction)),
        otherwise: defaultAction === "Deny" && isOfStage === "normal" ? "deny" : "pass",
        sparesOwnNode: false,
      },
    ];
  });
}
