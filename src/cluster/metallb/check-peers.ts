/** What MetalLB refuses of several BGPPeers (metallb 7938d3f8, internal/config/{config,validation}.go): all run in one FRR on a node. */
import type { Placed } from "../../kube/calico/bgp-objects.ts";
import { matches } from "../../kube/label-selector.ts";
import { formatSelector } from "../../kube/label-selector.ts";
import type { MetallbObjects, MetallbPeerModel } from "../../kube/metallb/metallb-objects.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { isOfNode } from "./announcements.ts";

function clash(
  p: MetallbPeerModel,
  q: MetallbPeerModel,
): { readonly field: string; readonly message: string } | undefined {
  if (p.routerId !== q.routerId)
    return {
      field: "routerID",
      message: `peer ${p.routerId ?? ""} has RouterID different from ${q.routerId ?? ""}, in FRR mode peers selecting the same node must all have the same RouterID`,
    };
  if (p.address === q.address)
    return {
      field: "peerAddress",
      message: `peer ${p.address} already exists, FRR mode doesn't support duplicate BGPPeers selecting the same node`,
    };
  if (p.myAsn !== q.myAsn)
    return {
      field: "myASN",
      message: `peer ${p.address} has myAsn different from ${q.address}, in FRR mode peers selecting the same node must have the same myAsn within the same VRF`,
    };
  return undefined;
}

function checkSelectors({ model, scope }: Placed<MetallbPeerModel>, nodes: readonly ClusterNode[]): void {
  model.nodeSelectors.forEach((selector, i) => {
    if (!nodes.some(({ labels }) => matches(selector, labels)))
      scope
        .at("spec", "nodeSelectors", i)
        .warn(
          `${formatSelector(selector)} selects no node: BGPPeer ${model.name}`,
          "labels of nodes: nodes: [{ name: node1, labels: { … } }]",
        );
  });
}

export function checkPeers({ peers, bfdProfiles }: MetallbObjects, nodes: readonly ClusterNode[]): void {
  const profiles = bfdProfiles.map(({ model }) => model.name);
  peers.forEach((placed, i) => {
    const { model, scope } = placed;
    checkSelectors(placed, nodes);
    if (model.bfdProfile !== undefined && !profiles.includes(model.bfdProfile))
      scope
        .at("spec", "bfdProfile")
        .dangling(
          `peer ${model.name} referencing non existing bfd profile ${model.bfdProfile}`,
          didYouMean(model.bfdProfile, profiles, "there are") ?? "add a BFDProfile of that name",
        );
    else if (model.bfdProfile !== undefined)
      scope
        .at("spec", "bfdProfile")
        .warn("no BFD session runs here: a lost peer is noticed by its link, or by BGP's hold time", "leave it out");
    for (const { model: other } of peers.slice(0, i)) {
      if (!nodes.some((node) => isOfNode(model, node) && isOfNode(other, node))) continue;
      const found = clash(model, other);
      if (found === undefined) continue;
      scope.at("spec", found.field).error(found.message, `the other one is BGPPeer ${other.name}`);
      break;
    }
  });
}
