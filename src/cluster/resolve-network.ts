/** The network plugin's settings: `spec.cluster.cni`, resolved by the plugin itself, and rules common to all. */
import type { Scope } from "../syntax/scope.ts";
import type { CniModel, NetworkFacts, NetworkPlugin } from "./cni/plugin.ts";
import { checkIpv6Mtu, roomFor } from "./cni/pod-mtu.ts";
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
