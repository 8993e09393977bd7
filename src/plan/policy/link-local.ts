/**
 * The link-local addresses of a node's pods. They are no addresses that Kubernetes knows, but neighbours on cni0 reach each
 * other by them: policies hold for them as for the pods' own addresses, or an isolated pod would be open to its neighbours.
 */
import type { PolicyWorld } from "../../model/network-policy.ts";
import type { PerFamily } from "../../model/cluster.ts";
import { canonicalAddress } from "../families.ts";
import { podMac } from "../mac.ts";
import { familyOf } from "../topology-resources.ts";

type Pod = PolicyWorld["pods"][number];

/** EUI-64 from the MAC, as the kernel makes it with addr_gen_mode 0 (RFC 4291, appendix A). */
function linkLocal(mac: string): string {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const [first = 0, ...rest] = bytes;
  const all = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const groups = [0, 2, 4, 6].map((at) => (((all[at] ?? 0) << 8) | (all[at + 1] ?? 0)).toString(16));
  return canonicalAddress(`fe80::${groups.join(":")}`);
}

/** All of a pod's addresses on its own node; link-local only where pods speak IPv6 at all. */
function withLinkLocal(pod: Pod): Pod {
  const address: PerFamily<string> = Object.fromEntries(pod.addresses.map((it) => [familyOf(it), it]));
  if (pod.hostNetwork || address.ipv6 === undefined) return pod;
  return { ...pod, addresses: [...pod.addresses, linkLocal(podMac(address, `${pod.namespace}/${pod.name}`))] };
}

/** The world as a node's bridge sees it. */
export function worldOfNode(world: PolicyWorld, node: string): PolicyWorld {
  return { ...world, pods: world.pods.map((pod) => (pod.node === node ? withLinkLocal(pod) : pod)) };
}
