/** A pod: its namespace with eth0, the veth into the node's cni0 as CNI's bridge plugin makes it, servers and processes. */
import type { ClusterModel } from "../cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { ContainerModel, PodModel, ReadinessProbe } from "../../kube/pod/pod-model.ts";
import type { PerFamily } from "../../net/family.ts";
import type { TopologyInterface, TopologyLink } from "../../fabric/topology.ts";
import { asksPod } from "../../kube/pod/probe-ports.ts";
import { namespaceEnv } from "../../kube/service/service-env.ts";
import { CNI_BACKENDS } from "../cni/registry.ts";
import { canonicalPrefix, DEFAULT_ROUTE, hostAddress, modelPrefix, perFamily } from "../../net/families.ts";
import { podMac } from "../../net/mac.ts";
import { draftNode } from "../../fabric/topology-node.ts";
import { because } from "../../cause.ts";
import { newBridge, newInterface, newRoute } from "../../fabric/topology-draft.ts";
import type { NodeDraft } from "../../fabric/topology-node.ts";
import { addClusterDns, isDnsPod } from "./cluster-dns.ts";
import { podFiles } from "./files.ts";
import { addHostPorts } from "./host-port.ts";
import { processName } from "./watches.ts";

export const POD_BRIDGE = "cni0";

/** What the pods of one node have in common; worked out once, for a node may have hundreds. */
export interface PodNetwork {
  readonly mtu: number;
  readonly ranges: PerFamily<{
    /** The node's part of the pod CIDR, the address of cni0 in it, and its length. */
    readonly podCIDR: string;
    readonly gateway: string;
    readonly length: number;
    /** The whole pod CIDR; absent where the node has all of it. */
    readonly cluster?: string | undefined;
  }>;
}

export function podNetwork(cluster: ClusterModel, node: ClusterNode): PodNetwork {
  const ranges = perFamily(node.podCIDR).map(([family, cidr]) => {
    const podCIDR = canonicalPrefix(cidr);
    const whole = canonicalPrefix(cluster.podCIDR[family] ?? cidr);
    return [
      family,
      {
        podCIDR,
        gateway: hostAddress(cidr, 1n),
        length: modelPrefix(cidr).length,
        cluster: whole === podCIDR ? undefined : whole,
      },
    ] as const;
  });
  return {
    mtu: CNI_BACKENDS[cluster.cni.backend].podMtu(cluster, node),
    ranges: Object.fromEntries(ranges),
  };
}

/** cni0 comes with the first pod of a node. */
function addBridge(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft, { mtu, ranges }: PodNetwork): void {
  if (draft.bridges.some((bridge) => bridge.name === POD_BRIDGE)) return;
  const gateways = perFamily(ranges);
  draft.bridges.push(
    newBridge({
      name: POD_BRIDGE,
      mac: podMac(
        Object.fromEntries(gateways.map(([family, { gateway }]) => [family, gateway])),
        `${node.name}/${POD_BRIDGE}`,
      ),
      mtu,
      addresses: gateways.map(([, { gateway, length }]) => ({
        address: `${gateway}/${length}`,
        cause: because(cluster.cni.cause, `gateway of ${node.name}'s pods`),
      })),
      cause: because(cluster.cni.cause, `CNI's bridge plugin joins ${node.name}'s pods`),
    }),
  );
}

/** What the pod's own probes ask a TCP port for; nobody but the built-in server can answer it. */
function probedPaths(pod: PodModel, port: number): { readonly probed?: readonly string[] } {
  const paths = pod.containers
    .flatMap(probesOf)
    .flatMap(({ look }) =>
      look.kind === "http" && asksPod(look.host, pod.hostNetwork) && look.port === port
        ? [look.path.replace(/\?.*$/s, "")]
        : [],
    );
  return paths.length === 0 ? {} : { probed: [...new Set(paths)] };
}

function probesOf({ startupProbe, readinessProbe }: ContainerModel): readonly ReadinessProbe[] {
  return [startupProbe, readinessProbe].filter((one) => one !== undefined);
}

/** Containers without a command are the built-in server on each port, the others are processes, if they start. */
function addContainers(cluster: ClusterModel, pod: PodModel, draft: NodeDraft, hostname: string): void {
  const seen = new Set(draft.servers.map((server) => `${server.protocol}/${server.port}`));
  const declared = new Set(pod.containers.flatMap(({ ports }) => ports.map(({ port }) => port)));
  for (const container of pod.containers) {
    if (container.withheld === true) continue;
    if (container.command !== undefined) {
      draft.processes.push({
        name: processName(pod, container.name),
        ...(pod.hostNetwork ? { pod: `${pod.namespace}/${pod.name}` } : {}),
        argv: container.command,
        env: { HOSTNAME: hostname, ...container.env },
        startEnv: { ...namespaceEnv(cluster.services, pod.namespace, pod.serviceLinks), ...container.startEnv },
        cwd: container.workingDir,
        mounts: container.mounts,
        hostname,
        cause: because(container.cause, `command of container ${container.name}`),
      });
      continue;
    }
    for (const port of container.ports) {
      if (seen.has(`${port.protocol}/${port.port}`)) continue;
      seen.add(`${port.protocol}/${port.port}`);
      draft.servers.push({
        protocol: port.protocol,
        port: port.port,
        ...(port.optional === undefined ? {} : { optional: port.optional }),
        ...(port.protocol === "tcp" ? probedPaths(pod, port.port) : {}),
        cause: because(port.cause, `container ${container.name} answers on ${port.protocol} ${port.port}`),
      });
    }
    // Real manifests often do not declare what their own probes ask.
    for (const { look, cause } of probesOf(container)) {
      if (look.kind === "exec" || !asksPod("host" in look ? look.host : undefined, pod.hostNetwork)) continue;
      if (declared.has(look.port) || seen.has(`tcp/${look.port}`)) continue;
      seen.add(`tcp/${look.port}`);
      draft.servers.push({
        protocol: "tcp",
        port: look.port,
        ...probedPaths(pod, look.port),
        cause: because(cause, `container ${container.name} answers its own probe on tcp ${look.port}`),
      });
    }
  }
}

/** A pod of the host's network has no namespace of its own: what it runs, runs in the node's, with files of its own. */
export function compileHostNetworkPod(cluster: ClusterModel, pod: PodModel, node: NodeDraft): void {
  addContainers(cluster, pod, node, node.name);
  node.files.push(...podFiles(cluster, pod));
  node.volumes.push(...(pod.volumes ?? []).map((one) => ({ ...one, pod: `${pod.namespace}/${pod.name}` })));
}

export function compilePod(
  cluster: ClusterModel,
  node: ClusterNode,
  pod: PodModel,
  network: PodNetwork,
  onNode: NodeDraft,
  links: TopologyLink[],
): NodeDraft {
  const { cause } = pod;
  const { mtu, ranges } = network;
  addBridge(cluster, node, onNode, network);
  const draft: NodeDraft = {
    ...draftNode(pod.ns, "pod", because(cause, "a pod is a network namespace"), pod.node),
    pod: { namespace: pod.namespace, name: pod.name },
  };
  const addresses: TopologyInterface["addresses"][number][] = [];
  for (const [family, address] of perFamily(pod.address)) {
    const range = ranges[family];
    if (range === undefined) continue;
    addresses.push({
      address: `${address}/${range.length}`,
      cause: because(cause, `pod address from ${node.name}'s ${range.podCIDR}`),
    });
    draft.routes.push(
      newRoute({
        to: DEFAULT_ROUTE[family],
        family,
        via: range.gateway,
        dev: "eth0",
        cause: because(cause, `cni0 of ${node.name} is the default gateway`),
      }),
    );
    // Flannel's CNI plugin hands this route to the bridge plugin besides the default route.
    if (range.cluster !== undefined)
      draft.routes.push(
        newRoute({
          to: range.cluster,
          family,
          via: range.gateway,
          dev: "eth0",
          cause: because(cause, "flannel's route to all pods"),
        }),
      );
  }
  draft.interfaces.push(
    newInterface({
      name: "eth0",
      mac: podMac(pod.address, pod.ns),
      mtu,
      addresses,
      cause: because(cause, "the pod's interface"),
    }),
  );
  onNode.interfaces.push(
    newInterface({
      name: pod.vethName,
      mtu,
      bridge: POD_BRIDGE,
      hairpin: true,
      cause: because(cause, `the pod's port at ${node.name}'s cni0`),
    }),
  );
  links.push({
    endpoints: [
      { node: pod.ns, interface: "eth0" },
      { node: pod.node, interface: pod.vethName },
    ],
    cause: because(cause, `cable from the pod into ${node.name}`),
  });
  addContainers(cluster, pod, draft, pod.hostname);
  if (isDnsPod(cluster, pod)) addClusterDns(cluster, pod, draft);
  addHostPorts(node, pod, onNode, POD_BRIDGE);
  draft.files.push(...podFiles(cluster, pod));
  draft.volumes.push(...(pod.volumes ?? []));
  return draft;
}
