/** A pod: its namespace with eth0, the veth into the node's cni0 as CNI's bridge plugin makes it, servers and processes. */
import type { ClusterModel, ClusterNode, PodModel } from "../../model/cluster.ts";
import type { TopologyLink } from "../../model/topology.ts";
import { CNI_BACKENDS } from "../cni.ts";
import { canonicalPrefix, DEFAULT_ROUTE, hostAddress, modelPrefix, perFamily } from "../families.ts";
import { podMac } from "../mac.ts";
import { because, draftNode, newBridge, newInterface, newRoute } from "../topology-draft.ts";
import type { NodeDraft } from "../topology-draft.ts";
import { podHostsFile, resolvConf } from "./files.ts";
import { addHostPorts } from "./host-port.ts";

export const POD_BRIDGE = "cni0";

/** cni0 comes with the first pod of a node. */
function addBridge(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft, mtu: number): void {
  if (draft.bridges.some((bridge) => bridge.name === POD_BRIDGE)) return;
  const gateways = perFamily(node.podCIDR).map(([family, cidr]) => [family, hostAddress(cidr, 1n), modelPrefix(cidr).length] as const);
  draft.bridges.push(
    newBridge({
      name: POD_BRIDGE,
      mac: podMac(Object.fromEntries(gateways.map(([family, address]) => [family, address])), `${node.name}/${POD_BRIDGE}`),
      mtu,
      addresses: gateways.map(([, address, length]) => ({ address: `${address}/${length}`, cause: because(cluster.cni.cause, `gateway of ${node.name}'s pods`) })),
      cause: because(cluster.cni.cause, `CNI's bridge plugin joins ${node.name}'s pods`),
    }),
  );
}

/** Containers without a command are the built-in server on each port, the others are processes. */
function addContainers(pod: PodModel, draft: NodeDraft, hostname: string): void {
  const seen = new Set(draft.servers.map((server) => `${server.protocol}/${server.port}`));
  for (const container of pod.containers) {
    if (container.command !== undefined) {
      draft.processes.push({
        name: pod.hostNetwork ? `${pod.namespace}/${pod.name}/${container.name}` : container.name,
        argv: container.command,
        env: { HOSTNAME: hostname, ...container.env },
        cwd: container.workingDir,
        hostname,
        cause: because(container.cause, `command of container ${container.name}`),
      });
      continue;
    }
    for (const port of container.ports) {
      if (seen.has(`${port.protocol}/${port.port}`)) continue;
      seen.add(`${port.protocol}/${port.port}`);
      draft.servers.push({ protocol: port.protocol, port: port.port, cause: because(port.cause, `container ${container.name} answers on ${port.protocol} ${port.port}`) });
    }
  }
}

/** A pod of the host's network has no namespace of its own: what it runs, runs in the node's. */
export function compileHostNetworkPod(pod: PodModel, node: NodeDraft): void {
  addContainers(pod, node, node.name);
}

export function compilePod(cluster: ClusterModel, node: ClusterNode, pod: PodModel, onNode: NodeDraft, links: TopologyLink[]): NodeDraft {
  const { cause } = pod;
  const mtu = CNI_BACKENDS[cluster.cni.backend].podMtu(cluster);
  addBridge(cluster, node, onNode, mtu);
  const draft: NodeDraft = { ...draftNode(pod.ns, "pod", because(cause, "a pod is a network namespace"), pod.node), pod: { namespace: pod.namespace, name: pod.name } };
  const ranges = perFamily(pod.address).map(([family, address]) => ({ family, address, cidr: node.podCIDR[family] ?? `${address}/${family === "ipv4" ? 32 : 128}` }));
  draft.interfaces.push(
    newInterface({
      name: "eth0",
      mac: podMac(pod.address, pod.ns),
      mtu,
      addresses: ranges.map(({ address, cidr }) => ({ address: `${address}/${modelPrefix(cidr).length}`, cause: because(cause, `pod address from ${node.name}'s ${canonicalPrefix(cidr)}`) })),
      cause: because(cause, "the pod's interface"),
    }),
  );
  onNode.interfaces.push(newInterface({ name: pod.vethName, mtu, bridge: POD_BRIDGE, hairpin: true, cause: because(cause, `the pod's port at ${node.name}'s cni0`) }));
  links.push({ endpoints: [{ node: pod.ns, interface: "eth0" }, { node: pod.node, interface: pod.vethName }], cause: because(cause, `cable from the pod into ${node.name}`) });
  for (const { family, cidr } of ranges) {
    const via = hostAddress(cidr, 1n);
    const network = cluster.podCIDR[family];
    draft.routes.push(newRoute({ to: DEFAULT_ROUTE[family], family, via, dev: "eth0", cause: because(cause, `cni0 of ${node.name} is the way out`) }));
    // Flannel's CNI plugin hands this route to the bridge plugin besides the default route.
    if (network !== undefined && canonicalPrefix(network) !== canonicalPrefix(cidr))
      draft.routes.push(newRoute({ to: canonicalPrefix(network), family, via, dev: "eth0", cause: because(cause, "flannel's route to all pods") }));
  }
  addContainers(pod, draft, pod.hostname);
  addHostPorts(node, pod, onNode, POD_BRIDGE);
  draft.files.push(
    { path: "/etc/hosts", content: podHostsFile(pod), cause: because(cause, "the pod's own name") },
    { path: "/etc/hostname", content: `${pod.hostname}\n`, cause: because(cause, "pod hostname") },
    { path: "/etc/resolv.conf", content: resolvConf(cluster), cause: because(cause, "the node's resolver (dnsPolicy Default)") },
  );
  return draft;
}
