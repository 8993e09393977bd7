/**
 * A cluster's network, built in two phases. First, and cheap: namespaces, links, devices and their addresses; everything that names a
 * device (targets, checks, captures, additions of `spec.topology`) is resolved against these. Then what directs packets:
 * routes, rules, servers. Everything could have been written by hand in `spec.topology`.
 */
import type { ClusterModel } from "../cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { ProxyInput } from "../../kube/service/service.ts";
import type { DeviceTopology } from "../../fabric/device-table.ts";
import type { Topology, TopologyLink } from "../../fabric/topology.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { PodAttachment } from "../cni/plugin.ts";
import { networkPlugin } from "../cni/registry.ts";
import { addProxy, addProxyDevices } from "../kube-proxy/modes.ts";
import { enforcePolicies } from "../policy/enforce.ts";
import { proxyInputs } from "./kube-proxy.ts";
import { loadBalancerDevices, loadBalancerRules } from "./load-balancer.ts";
import { nodeDevices, nodeRules } from "./node.ts";
import { hostNetworkPodRules, podDevices, podRules } from "./pod.ts";
import { internetDevices, internetRules, routerDevices, routerRules } from "./router.ts";
import { switchDevices } from "./switch.ts";
import { addLinkWatches, addProbes } from "./watches.ts";

interface AttachedPod {
  readonly pod: PodModel;
  readonly attachment: PodAttachment;
  readonly onNode: NodeDraft;
  /** Absent: a pod of the host's network. */
  readonly inside?: NodeDraft | undefined;
}

export class ClusterNetwork {
  readonly cluster: ClusterModel;
  readonly #links: TopologyLink[] = [];
  readonly #nodes = new Map<string, NodeDraft>();
  readonly #others: readonly NodeDraft[];
  readonly #router: NodeDraft;
  readonly #internet: NodeDraft;
  readonly #pods: readonly AttachedPod[];
  readonly #proxies: readonly { readonly input: ProxyInput; readonly draft: NodeDraft }[];
  /** Namespaces with their devices and addresses, and the cables. */
  readonly devices: DeviceTopology;

  constructor(cluster: ClusterModel) {
    this.cluster = cluster;
    const links = this.#links;
    const plugin = networkPlugin(cluster);
    const switches = cluster.switches.map((it) => switchDevices(cluster, it));
    for (const node of cluster.nodes) {
      const onSwitch = switches.find((it) => it.name === node.switch);
      this.#nodes.set(node.name, nodeDevices(cluster, node, onSwitch, links));
    }
    this.#router = routerDevices(cluster, switches, links);
    this.#internet = internetDevices(cluster, links);
    this.#others = [...switches, this.#router, this.#internet];
    const attachments = new Map(cluster.nodes.map((node) => [node.name, plugin.attachment(cluster, node)]));
    this.#pods = cluster.pods.map((pod) => {
      const attachment = attachments.get(pod.node);
      const onNode = this.#nodes.get(pod.node);
      if (attachment === undefined || onNode === undefined)
        throw new TypeError(`pod ${pod.namespace}/${pod.name} is on an unknown node ${pod.node}`);
      const inside = pod.hostNetwork ? undefined : podDevices(pod, attachment, onNode, links);
      return { pod, attachment, onNode, inside };
    });
    loadBalancerDevices(cluster, this.#nodes);
    this.#proxies = cluster.nodes.flatMap((node) => {
      const draft = this.#nodes.get(node.name);
      if (draft === undefined) return [];
      return proxyInputs(cluster, node, draft).map((input) => ({ input, draft }));
    });
    for (const { input, draft } of this.#proxies) addProxyDevices(input, draft);
    this.devices = { nodes: this.#drafts().map((draft) => draft.finish()), links };
  }

  /** The whole network. To be called once: it extends the drafts behind `devices`. */
  complete(): Topology {
    this.#addRules();
    return { nodes: this.#drafts().map((draft) => draft.finish()), links: this.#links };
  }

  #drafts(): readonly NodeDraft[] {
    const pods = this.#pods.flatMap(({ inside }) => inside ?? []);
    return [...this.#others, ...this.#nodes.values(), ...pods];
  }

  #addRules(): void {
    const { cluster } = this;
    const plugin = networkPlugin(cluster);
    routerRules(cluster, this.#router);
    internetRules(cluster, this.#internet);
    for (const node of cluster.nodes) {
      const draft = this.#nodes.get(node.name);
      if (draft !== undefined) nodeRules(cluster, node, draft);
    }
    for (const { pod, attachment, onNode, inside } of this.#pods) {
      if (inside === undefined) hostNetworkPodRules(cluster, pod, onNode);
      else podRules(cluster, pod, attachment, onNode, inside);
      addProbes(pod, onNode, inside ?? onNode);
    }
    loadBalancerRules(cluster, this.#nodes);
    addLinkWatches(cluster, this.#nodes);
    for (const { input, draft } of this.#proxies) addProxy(input, draft);
    if (plugin.addServices !== undefined)
      for (const node of cluster.nodes) {
        const draft = this.#nodes.get(node.name);
        if (draft !== undefined) plugin.addServices(cluster, node, draft);
      }
    if (plugin.enforcePolicies === undefined) enforcePolicies(cluster, this.#nodes);
    else plugin.enforcePolicies(cluster, this.#nodes);
  }
}

const NETWORKS = new WeakMap<ClusterModel, ClusterNetwork>();

/** The devices of a cluster's network: made once. */
export function networkOf(cluster: ClusterModel): Pick<ClusterNetwork, "devices"> {
  let network = NETWORKS.get(cluster);
  if (network === undefined) NETWORKS.set(cluster, (network = new ClusterNetwork(cluster)));
  return network;
}
