/**
 * The link-local addresses of a node's pods. Kubernetes does not know them, but neighbours on one bridge reach each
 * other by them: policies apply to them as to the pods' own addresses, or an isolated pod would be open to its neighbours.
 */
import type { PolicyWorld, WorldPod as Pod } from "./policy-world.ts";
import type { PerFamily } from "../../net/family.ts";
import { linkLocalAddress, podMac } from "../../net/mac.ts";
import { familyOf } from "../../net/families.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** All of a pod's addresses on its own node; link-local only where pods use IPv6 at all. */
function withLinkLocal(pod: Pod): Pod {
  const address: PerFamily<string> = Object.fromEntries(pod.addresses.map((it) => [familyOf(it), it]));
  if (pod.hostNetwork || address.ipv6 === undefined) return pod;
  return { ...pod, addresses: [...pod.addresses, linkLocalAddress(podMac(address, namespacedName(pod)))] };
}

/** The world as a node sees it. */
export function worldOfNode(world: PolicyWorld, node: string): PolicyWorld {
  if (world.bridged === false) return world;
  return { ...world, pods: world.pods.map((pod) => (pod.node === node ? withLinkLocal(pod) : pod)) };
}
