/** plugin: cni: the real plugins of a network configuration list, called for each pod as a container runtime calls them (SPEC.md 1.1.0 of containernetworking/cni). */
import { because } from "../../../cause.ts";
import { sandboxId } from "../../../cni/names.ts";
import { canonicalPrefix, hostAddress, perFamily } from "../../../net/families.ts";
import { namespacedName } from "../../../net/object-ref.ts";
import type { Family, PerFamily } from "../../../net/family.ts";
import { baselineAhead } from "../../../fabric/baseline.ts";
import { newRoute } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { Requirement } from "../../../resources/requirement.ts";
import type { ClusterModel } from "../../cluster.ts";
import { ownNodeName } from "../../lab-names.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";
import { nodeIpam } from "../node-parts.ts";
import type { NetworkPlugin, PodAttachment } from "../plugin.ts";
import { PORTMAP_MARK } from "../portmap.ts";
import { addNodeParts, addPodParts } from "./adopted.ts";
import { capabilityArgs, cniArgs } from "./capabilities.ts";
import { cniSchema } from "./model.ts";
import type { CniProtocolModel } from "./model.ts";
import { cniPath } from "./path.ts";
import { resolveCni } from "./resolve.ts";
import type { CniProtocolDocument } from "./resolve.ts";

type Cluster = ClusterModel<CniProtocolModel>;

const IF_NAME = "eth0";
const familiesOf = (address: PerFamily<string>): readonly Family[] => perFamily(address).map(([family]) => family);
/** Kernel features of plugins that are one device each. */
const FEATURES: readonly Requirement["feature"][] = ["macvlan", "ipvlan", "vlan", "vrf", "dummy"];

function addFiles({ cni, name }: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const list = cni.lists[ownNodeName(name, node.name)] ?? {};
  draft.add({
    kind: "file",
    path: `/etc/cni/net.d/10-${cni.network}.conflist`,
    content: `${JSON.stringify(list, null, 2)}\n`,
    cause: because(cni.cause, "what the container runtime calls for each pod"),
  });
  for (const [script, content] of Object.entries(cni.scripts))
    draft.add({
      kind: "file",
      path: `${cni.path[0]}/${script}`,
      content,
      executable: true,
      cause: because(cni.cause, `the CNI plugin ${script}`),
    });
}

function addRoutes({ nodes, cni }: Cluster, node: ClusterNode, draft: NodeDraft): void {
  for (const remote of cni.routes ? nodes : [])
    for (const [family, via] of perFamily(remote.address)) {
      const to = remote.podCIDR[family];
      if (remote.name === node.name || to === undefined || node.address[family] === undefined) continue;
      if (remote.switch !== node.switch) continue;
      const cause = because(cni.cause, `${remote.name}'s pods behind ${remote.name} itself`);
      draft.add(newRoute({ to: canonicalPrefix(to), family, via, dev: "eth0", cause }));
    }
}

function attachment(cluster: Cluster, node: ClusterNode): PodAttachment {
  const { cni, attachments, name } = cluster;
  const network = cni.lists[ownNodeName(name, node.name)] ?? {};
  const known = new Map(attachments?.attached.map((one) => [one.pod, one]));
  return {
    devices({ pod, inside, onNode }, links) {
      inside.addAll(baselineAhead(familiesOf(pod.address), false, inside.cause));
      onNode.add({
        kind: "cni",
        podNs: pod.ns,
        pod: namespacedName(pod),
        ifName: IF_NAME,
        containerId: sandboxId(pod.ns),
        network,
        path: cni.path,
        args: cniArgs(pod),
        capabilityArgs: capabilityArgs(pod, node),
        cause: because(pod.cause, `${cni.traits.types.join(", ")} attach the pod to ${node.name}`),
      });
      const attached = known.get(pod.ns);
      if (attached !== undefined) addPodParts(attached, inside, onNode, links);
    },
    rules() {},
  };
}

export const cni: NetworkPlugin<CniProtocolDocument, CniProtocolModel> = {
  name: "cni",
  lesson:
    "plugin: cni calls real CNI plugins: programs that get a pod's network namespace and their part of a network configuration list, make devices, addresses, routes and rules, and answer with the addresses. The lab calls them as a container runtime does, sees what they made, and reports which plugin made it. Between nodes there is a route per node.",
  schema: cniSchema,
  plain: {
    plugin: "cni",
    conflist: { cniVersion: "1.0.0", name: "plain", plugins: [{ type: "bridge", isGateway: true }] },
  },
  resolve: resolveCni,
  // What host-local would give: known for certain only when the plugins have answered.
  ipam: nodeIpam({ firstPod: 2, hostLocal: true }),
  external: true,
  claimMarks(marks, { traits }) {
    if (traits.types.includes("portmap")) marks.claim(PORTMAP_MARK);
  },
  requirements: ({ traits: { types } }) => [
    ...FEATURES.flatMap((feature): Requirement[] =>
      types.includes(feature) ? [{ use: `the CNI plugin ${feature}`, feature, module: feature }] : [],
    ),
    ...(types.includes("portmap")
      ? [{ use: "the CNI plugin portmap", feature: "iptables addrtype", module: "xt_addrtype" } as const]
      : []),
  ],
  programs: ({ traits: { types, ipam }, path, scripts }) => ({
    names: [...new Set([...types, ...ipam])].filter((name) => scripts[name] === undefined),
    folders: path,
    package: "containernetworking-plugins",
  }),
  switches: DEFAULT_SWITCHES,
  bridged: ({ traits }) => traits.bridged,
  overhead: () => 0,
  nodeDevices(cluster: Cluster, node, draft) {
    draft.addAll(baselineAhead(familiesOf(node.address), true, node.cause));
    addNodeParts(cluster, draft);
  },
  nodeRules(cluster: Cluster, node, draft) {
    addRoutes(cluster, node, draft);
    addFiles(cluster, node, draft);
  },
  attachment,
  nodeAddresses: ({ podCIDR }) => perFamily(podCIDR).map(([, range]) => hostAddress(range, 1n)),
  path: cniPath,
  tunnelPorts: () => [],
};
