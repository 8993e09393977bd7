/** A cluster node: eth0 on the underlay, default route, forwarding, and what the network plugin's daemon adds. */
import type { ClusterModel } from "../cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { TopologyLink } from "../../fabric/topology.ts";
import type { SwitchPort } from "../cni/plugin.ts";
import { networkPlugin } from "../cni/registry.ts";
import { DEFAULT_ROUTE, perFamily, withLength } from "../../net/families.ts";
import { hostMac } from "../../net/mac.ts";
import { NodeDraft } from "../../fabric/node-draft.ts";
import { because, type Cause } from "../../cause.ts";
import { newRoute } from "../../fabric/specs.ts";
import { addMetallbBird } from "../metallb/bird.ts";
import { hostFile } from "./files.ts";
import { forwarding } from "./forwarding.ts";
import { nodeResolvConf } from "./resolv-conf.ts";
import { plugInto } from "./switch.ts";
import { ownNodeName } from "../lab-names.ts";

export function nodeDevices(
  cluster: ClusterModel,
  node: ClusterNode,
  switches: readonly NodeDraft[],
  links: TopologyLink[],
): { readonly draft: NodeDraft; readonly ports: readonly SwitchPort[] } {
  const { cause } = node;
  const draft = new NodeDraft(node.name, "node", because(cause, "a cluster node"));
  draft.addInterface({
    name: "eth0",
    mac: hostMac(node.address, node.name),
    mtu: cluster.mtu,
    addresses: perFamily(node.address).map(([family, address]) => ({
      address: withLength(address, node.subnet[family] ?? `${address}/${family === "ipv4" ? 32 : 128}`),
      cause: because(cause, "node address on the underlay"),
    })),
    cause: because(cause, "the node's uplink"),
  });
  const ports: SwitchPort[] = [];
  const plug = (device: string, on: string, neighbour: string, why: Cause): void => {
    const onSwitch = switches.find((it) => it.name === on);
    if (onSwitch === undefined) return;
    const port = plugInto(onSwitch, neighbour, cluster.mtu, because(why, "switch port of the node"));
    ports.push({ device, onSwitch, port });
    links.push({
      endpoints: [
        { node: node.name, interface: device },
        { node: on, interface: port },
      ],
      cause: why,
    });
  };
  plug("eth0", node.switch, node.name, because(cause, "cable from the node to the switch"));
  const plugin = networkPlugin(cluster);
  for (const { switch: on, ...device } of plugin.uplinks?.(cluster, node) ?? []) {
    draft.addInterface(device);
    plug(device.name, on, `${node.name}-${device.name}`, device.cause);
  }
  const requirements = plugin.requirements(
    cluster.cni,
    perFamily(node.address).map(([family]) => family),
  );
  if (requirements.length > 0) draft.requires = requirements;
  plugin.nodeDevices(cluster, node, draft);
  return { draft, ports };
}

export function nodeRules(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft): void {
  const { cause } = node;
  draft.addAll(forwarding(node.address, cause, "a node forwards its pods' packets"));
  const gateway = cluster.switches.find((it) => it.name === node.switch)?.gateway ?? {};
  for (const [family, via] of perFamily(gateway))
    if (node.address[family] !== undefined)
      draft.add(
        newRoute({
          to: DEFAULT_ROUTE[family],
          family,
          via,
          dev: "eth0",
          cause: because(cause, "the router is the default gateway"),
        }),
      );
  networkPlugin(cluster).nodeRules(cluster, node, draft);
  addMetallbBird(cluster, node, draft);
  draft.add(
    { kind: "file", path: "/etc/hosts", content: hostFile(cluster), cause: because(cause, "names of the nodes") },
    {
      kind: "file",
      path: "/etc/hostname",
      content: `${ownNodeName(cluster.name, node.name)}\n`,
      cause: because(cause, "node name"),
    },
    {
      kind: "file",
      path: "/etc/resolv.conf",
      content: nodeResolvConf(cluster),
      cause: because(cause, "the node's resolver"),
    },
  );
}
