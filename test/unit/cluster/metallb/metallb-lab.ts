/** Clusters with MetalLB, for tests. */
import { formatAddress, parseAddress } from "../../../../src/net/address.ts";
import type { ClusterModel } from "../../../../src/cluster/cluster.ts";
import { wholeBgp } from "../../../../src/cluster/bgp/router-table.ts";

const object = (version: string, kind: string, name: string, spec: string, labels = ""): string =>
  `apiVersion: metallb.io/${version}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: metallb-system${labels === "" ? "" : `, labels: { ${labels} }`} }\nspec: { ${spec} }`;

export const addressPool = (name: string, spec: string, labels = ""): string =>
  object("v1beta1", "IPAddressPool", name, spec, labels);
export const l2 = (name = "l2", spec = ""): string => object("v1beta1", "L2Advertisement", name, spec);
export const bgp = (name = "bgp", spec = ""): string => object("v1beta1", "BGPAdvertisement", name, spec);
export const peer = (name = "router", spec = "myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.1"): string =>
  object("v1beta2", "BGPPeer", name, spec);
export const community = (name: string, spec: string): string => object("v1beta1", "Community", name, spec);
export const bfdProfile = (name: string, spec = ""): string => object("v1beta1", "BFDProfile", name, spec);

/** Three nodes, and a router of AS 65000. */
export const THREE = "    nodes: [node1, node2, node3]\n    router: { bgp: { asNumber: 65000 } }";

/** Addresses by Service, in the manifests' order. */
export function addresses(model: ClusterModel): Readonly<Record<string, string>> {
  return Object.fromEntries(
    model.services
      .filter(({ type }) => type === "LoadBalancer")
      .map(({ name, loadBalancerIPs }) => [
        name,
        loadBalancerIPs
          .map(({ ip }) => parseAddress(ip))
          .flatMap((one) => (one === undefined ? [] : formatAddress(one)))
          .join(" "),
      ]),
  );
}

/** What the router knows: next hops of each prefix, as names of nodes. */
export function routes(model: ClusterModel, speaker = "router"): Readonly<Record<string, string>> {
  const names = new Map(model.nodes.flatMap(({ name, address }) => Object.values(address).map((one) => [one, name])));
  const table = wholeBgp(model).tables.get(speaker) ?? new Map();
  return Object.fromEntries(
    [...table].map(([prefix, { used }]) => [
      prefix,
      used.map(({ nextHop = "" }: { readonly nextHop?: string }) => names.get(nextHop) ?? nextHop).join(" "),
    ]),
  );
}

/** Why sessions of MetalLB are down, by node. */
export function down(model: ClusterModel): readonly string[] {
  return wholeBgp(model).sessions.flatMap((one) =>
    one.state === "down" ? [`${one.end.speaker} ${one.end.neighbour.address}: ${one.why}`] : [],
  );
}
