/** The network plugin's settings: `spec.cluster.cni`, resolved by the plugin itself, and rules common to all. */
import type { ClusterNetworkPolicyModel } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type { Scope } from "../syntax/scope.ts";
import { NETWORK_PLUGINS } from "./cni/registry.ts";
import type { Placed } from "../kube/calico/bgp-objects.ts";
import type { CniModel, NetworkFacts, NetworkPlugin } from "./cni/plugin.ts";
import { checkIpv6Mtu, roomFor } from "./cni/pod-mtu.ts";
import { engineOf } from "./kube-proxy/modes.ts";
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
function claimMarks(plugin: NetworkPlugin, cni: CniModel, { kubeProxy }: NetworkFacts, scope: Scope): void {
  const marks = new MarkAllocator();
  try {
    if (plugin.serviceProxy?.mode.name !== kubeProxy.mode) for (const claim of KUBE_PROXY_MARKS) marks.claim(claim);
    plugin.claimMarks(marks, cni);
  } catch (error) {
    if (!(error instanceof MarkError)) throw error;
    scope.error(error.message, "each bit of the mark is one participant's; choose others");
  }
}

/** Settings of other plugins. */
function warnUnused(
  { name: plugin, manifests = [] }: NetworkPlugin,
  { ipPools, eniConfigs, securityGroupPolicies, bgp }: NetworkFacts,
): void {
  const named = (kind: string, all: readonly Placed<{ readonly name: string }>[]) =>
    all.map(({ model: { name }, scope }) => ({ kind, name, scope }));
  const given = [
    ...named(
      "IPPool",
      ipPools.map(({ pool, scope }) => ({ model: pool, scope })),
    ),
    ...named(
      "ENIConfig",
      eniConfigs.map((one) => ({ model: one, scope: one.scope })),
    ),
    ...named(
      "SecurityGroupPolicy",
      securityGroupPolicies.map((one) => ({ model: one, scope: one.scope })),
    ),
    ...named("BGPConfiguration", bgp.configurations),
    ...named("BGPPeer", bgp.peers),
    ...named("BGPFilter", bgp.filters),
  ];
  for (const { kind, name, scope } of given.filter((one) => !manifests.includes(one.kind))) {
    const users = [...NETWORK_PLUGINS.values()].filter((one) => one.manifests?.includes(kind) === true);
    scope
      .at("kind")
      .warn(
        `${kind} ${name} has no effect: ${plugin} does not use it`,
        `cni: { plugin: ${users.map((one) => one.name).join(" or ")} } uses it`,
      );
  }
}

/** REDIRECT leads to an address of the device that a packet comes by (netfilter's nf_nat_redirect.c: without one it drops). */
function warnRedirect(plugin: NetworkPlugin, { families, nodes, kubeProxy }: NetworkFacts, { mistakes }: Scope): void {
  if (plugin.unnumbered !== true || !families.includes("ipv4")) return;
  for (const proxy of new Set(nodes.map((node) => node.kubeProxy ?? kubeProxy)))
    if (engineOf(proxy) === "userspace" && proxy.cause.source !== undefined)
      mistakes.add(
        "warning",
        proxy.cause.source,
        [],
        `with ${plugin.name} pods reach no Service in mode ${proxy.mode}: REDIRECT leads to an address of the device by which a packet comes, and pods' devices have none on the node`,
        "choose iptables, nftables or ipvs; the nodes themselves reach Services",
      );
}

/** `scope`: of the cluster. */
export function resolveNetwork(
  plugin: NetworkPlugin,
  doc: ClusterDocument,
  facts: NetworkFacts,
  scope: Scope,
): CniModel {
  warnUnused(plugin, facts);
  const cni = plugin.resolve(doc.cni ?? {}, facts, scope.at("cni"));
  checkMtu(plugin, cni, facts, scope);
  claimMarks(plugin, cni, facts, scope.at("cni"));
  warnRedirect(plugin, facts, scope);
  return cni;
}

/** The policies for a whole cluster that the plugin knows; of others it is reported at their place that they have no effect. */
export function knownPolicies(
  { name, ignoresClusterPolicies }: NetworkPlugin,
  policies: readonly ClusterNetworkPolicyModel[],
  { mistakes }: Scope,
): readonly ClusterNetworkPolicyModel[] {
  if (ignoresClusterPolicies !== true) return policies;
  for (const { kind, name: own, cause } of policies)
    if (cause.source !== undefined)
      mistakes.add(
        "warning",
        cause.source,
        [],
        `${kind} ${own} has no effect: ${name} enforces NetworkPolicies only`,
        "choose plugin: flannel or calico",
      );
  return [];
}
