/** The network plugin's settings: `spec.cluster.cni`, resolved by the plugin itself, and rules common to all. */
import type { Family } from "../net/family.ts";
import { IPV6_MIN_MTU } from "../net/mtu.ts";
import type { Scope } from "../syntax/scope.ts";
import type { CniModel, NetworkFacts, NetworkPlugin } from "./cni/plugin.ts";
import { roomFor } from "./cni/plugin.ts";
import { KUBE_PROXY_MARKS } from "./kube-proxy/marks.ts";
import { MarkAllocator, MarkError } from "./marks.ts";
import type { ClusterDocument } from "./schema.ts";

function checkMtu(plugin: NetworkPlugin, cni: CniModel, { families, mtu }: NetworkFacts, scope: Scope): void {
  const largest = roomFor(plugin, cni, families, mtu);
  if (cni.mtu !== undefined && cni.mtu > largest) {
    scope
      .at("cni", "mtu")
      .warn(
        `pod MTU ${cni.mtu} does not fit: the underlay's ${mtu} leaves ${largest}`,
        `at most ${largest} gets through; larger packets are lost or refused`,
      );
  }
  checkIpv6Mtu(cni.mtu ?? largest, mtu, families, cni.mtu === undefined ? scope.at("mtu") : scope.at("cni", "mtu"));
}

/** `whose`: `of node1`, where it belongs to one node. */
export function checkIpv6Mtu(
  pods: number,
  uplink: number,
  families: readonly Family[],
  scope: Scope,
  whose = "",
): void {
  if (families.includes("ipv6") && Math.min(pods, uplink) < IPV6_MIN_MTU)
    scope.error(
      `pod MTU ${pods}${whose === "" ? "" : ` ${whose}`} is too small for IPv6`,
      `IPv6 needs at least ${IPV6_MIN_MTU} (RFC 8200)`,
    );
}

/** kube-proxy's bits first, then the plugin's, which may ask for free ones. */
function claimMarks(plugin: NetworkPlugin, cni: CniModel, scope: Scope): void {
  const marks = new MarkAllocator();
  try {
    if (plugin.addServices === undefined) for (const claim of KUBE_PROXY_MARKS) marks.claim(claim);
    plugin.claimMarks(marks, cni);
  } catch (error) {
    if (!(error instanceof MarkError)) throw error;
    scope.error(error.message, "each bit of the mark is one participant's; choose others");
  }
}

/** `scope`: of the cluster. */
export function resolveNetwork(
  plugin: NetworkPlugin,
  doc: ClusterDocument,
  facts: NetworkFacts,
  scope: Scope,
): CniModel {
  const cni = plugin.resolve(doc.cni ?? {}, facts, scope.at("cni"));
  checkMtu(plugin, cni, facts, scope);
  claimMarks(plugin, cni, scope.at("cni"));
  return cni;
}
