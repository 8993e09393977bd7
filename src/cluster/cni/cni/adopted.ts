/** What plugins have made in a running lab, as a part of what it consists of. */
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { Spec, TopologyLink } from "../../../fabric/topology.ts";
import { cableEnds, isCable, nodeDevice } from "../../../resources/cni/attached.ts";
import type { Attached } from "../../../resources/cni/attached.ts";
import type { Resource, ResourceOf } from "../../../resources/resource.ts";
import type { ClusterModel } from "../../cluster.ts";

function specOf(resource: Resource): Spec {
  const { id: _id, ns: _ns, node: _node, ...spec } = resource;
  return spec;
}

function addVeth(veth: ResourceOf<"veth">, inside: NodeDraft, onNode: NodeDraft, links: TopologyLink[]): void {
  const { cause, name, peer } = veth;
  const end = ({ mac, mtu, master, hairpin, isolated, learning, up }: typeof veth | typeof peer) => ({
    mac,
    mtu,
    ...(master === undefined ? {} : { bridge: master }),
    hairpin,
    isolated,
    learning,
    up,
    cause,
  });
  inside.addInterface({ name, ...end(veth) });
  onNode.addInterface({ name: peer.name, ...end(peer) });
  links.push({
    endpoints: [
      { node: inside.name, interface: name },
      { node: onNode.name, interface: peer.name },
    ],
    cause,
  });
}

/** What a pod's attachment has in its namespace, and its cables. */
export function addPodParts({ made }: Attached, inside: NodeDraft, onNode: NodeDraft, links: TopologyLink[]): void {
  for (const resource of made) {
    if (isCable(resource)) addVeth(resource, inside, onNode, links);
    else if (resource.ns === inside.name) inside.add(specOf(resource));
  }
}

/** What is on a node: by its pods' attachments, and left by earlier ones. The cables of pods that go are gone with DEL. */
export function addNodeParts({ pods, attachments }: ClusterModel, draft: NodeDraft): void {
  if (attachments === undefined) return;
  const here = attachments.attached.filter(({ node }) => node === draft.name);
  const there = new Set(pods.map(({ ns }) => ns));
  const gone = new Set(here.filter(({ pod }) => !there.has(pod)).flatMap(({ made }) => cableEnds(made)));
  const all = [...attachments.left, ...here.flatMap(({ made }) => made)];
  for (const resource of all) {
    if (resource.ns !== draft.name || gone.has(nodeDevice(resource) ?? "")) continue;
    draft.add(specOf(resource));
  }
}
