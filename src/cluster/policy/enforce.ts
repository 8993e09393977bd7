/**
 * Puts NetworkPolicies on the cluster's nodes. Where pods of one node are on a bridge, net.bridge.bridge-nf-call-iptables
 * takes their packets through FORWARD as on every Kubernetes node (br_netfilter; per namespace since Linux 5.3).
 */
import type { ClusterModel } from "../cluster.ts";
import { networkPlugin } from "../cni/registry.ts";
import { policyObjects, policyWorld } from "./policy-world.ts";
import { perFamily } from "../../net/families.ts";
import { because } from "../../cause.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import { POLICY_BACKENDS } from "./backends.ts";
import { nodeFences } from "./node-fences.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";

const BRIDGE_CALLS = {
  ipv4: "net.bridge.bridge-nf-call-iptables",
  ipv6: "net.bridge.bridge-nf-call-ip6tables",
} as const;

/** To be called after everything else is on the nodes: policies are judged first. */
export function enforcePolicies(cluster: ClusterModel, nodes: ReadonlyMap<string, NodeDraft>): void {
  const isOwn = networkPlugin(cluster).enforcePolicies?.(cluster, nodes, policyWorld(cluster)) === true;
  if (isOwn || policyObjects(cluster).length === 0) return;
  const { backend, log, cause } = cluster.networkPolicy;
  const families = perFamily(cluster.podCIDR).map(([family]) => family);
  const world = policyWorld(cluster);
  const { denyAs, beforeDNAT } = world.switches ?? DEFAULT_SWITCHES;
  for (const [name, draft] of nodes) {
    const fences = nodeFences(world, name);
    if (fences.fences.length === 0) continue;
    for (const family of world.bridged === false ? [] : families)
      draft.add({
        kind: "sysctl",
        key: BRIDGE_CALLS[family],
        value: "1",
        cause: because(cause, "policies apply between pods of one node: bridged packets pass FORWARD too"),
      });
    POLICY_BACKENDS[backend].enforce(fences, { families, log, denyAs, beforeDNAT, cause }, draft);
  }
}
