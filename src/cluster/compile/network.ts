/**
 * The network of a lab's clusters, built in two phases. First, and cheap: namespaces, links, devices and their addresses; everything that names a
 * device (targets, checks, captures, additions of `spec.topology`) is resolved against these. Then what directs packets:
 * routes, rules, servers. Everything could have been written by hand in `spec.topology`.
 */
import type { ClusterModel } from "../cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { ProxyInput } from "../../kube/service/service.ts";
import type { DeviceTopology } from "../../fabric/device-table.ts";
import type { Topology, TopologyLink } from "../../fabric/topology.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { PodAttachment, SwitchPort } from "../cni/plugin.ts";
import { networkPlugin } from "../cni/registry.ts";
import { ownSwitches } from "../lab-clusters.ts";
import { addProxy, addProxyDevices } from "../kube-proxy/kube-proxy.ts";
import { enforcePolicies } from "../policy/enforce.ts";
import { proxyInputs } from "./kube-proxy.ts";
import { loadBalancerDevices, loadBalancerRules } from "./load-balancer.ts";
import { nodeDevices, nodeRules } from "./node.ts";
import { hostNetworkPodRules, podDevices, podRules } from "./pod.ts";
import { internetDevices, internetRules, routerDevices, routerRules } from "./router.ts";
import { switchDevices } from "./switch.ts";
import { addLinkWatches, addProbes } from "./watches.ts";
import { namespacedName } from "../../net/object-ref.ts";

interface AttachedPod {
  readonly pod: PodModel;
  readonly attachment: PodAttachment;
  readonly onNode: NodeDraft;
  /** Absent: a pod of the host's network. */
  readonly inside?: NodeDraft | undefined;
}

class ClusterNetwork {
  readonly cluster: ClusterModel;
  readonly switches: readonly NodeDraft[];
  readonly #nodes = new Map<string, NodeDraft>();
  readonly #ports = new Map<string, readonly SwitchPort[]>();
  #pods: readonly AttachedPod[] = [];
  #proxies: readonly { readonly input: ProxyInput; readonly draft: NodeDraft }[] = [];

  /** `others`: switches of the clusters before it. */
  constructor(cluster: ClusterModel, others: readonly NodeDraft[], links: TopologyLink[]) {
    this.cluster = cluster;
    this.switches = ownSwitches(cluster).map((it) => switchDevices(cluster, it));
    for (const node of cluster.nodes) {
      const { draft, ports } = nodeDevices(cluster, node, [...this.switches, ...others], links);
      this.#nodes.set(node.name, draft);
      this.#ports.set(node.name, ports);
    }
  }

  get nodes(): readonly NodeDraft[] {
    return [...this.#nodes.values()];
  }

  get pods(): readonly NodeDraft[] {
    return this.#pods.flatMap(({ inside }) => inside ?? []);
  }

  /** What comes onto the nodes: pods, and devices for Services. */
  addPods(links: TopologyLink[]): void {
    const { cluster } = this;
    const plugin = networkPlugin(cluster);
    const attachments = new Map(cluster.nodes.map((node) => [node.name, plugin.attachment(cluster, node)]));
    this.#pods = cluster.pods.map((pod) => {
      const attachment = attachments.get(pod.node);
      const onNode = this.#nodes.get(pod.node);
      if (attachment === undefined || onNode === undefined)
        throw new TypeError(`pod ${namespacedName(pod)} is on an unknown node ${pod.node}`);
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
  }

  addRules(): void {
    const { cluster } = this;
    const plugin = networkPlugin(cluster);
    for (const node of cluster.nodes) {
      const draft = this.#nodes.get(node.name);
      if (draft !== undefined) nodeRules(cluster, node, draft);
      plugin.portRules?.(cluster, node, this.#ports.get(node.name) ?? []);
    }
    for (const { pod, attachment, onNode, inside } of this.#pods) {
      if (inside === undefined) hostNetworkPodRules(cluster, pod, onNode);
      else podRules(cluster, pod, attachment, onNode, inside);
      addProbes(pod, onNode, inside ?? onNode);
    }
    loadBalancerRules(cluster, this.#nodes);
    addLinkWatches(cluster, this.#nodes);
    for (const { input, draft } of this.#proxies) addProxy(input, draft);
    enforcePolicies(cluster, this.#nodes);
  }
}

/** The networks of a lab's clusters, joined by its router. */
export class LabNetwork {
  readonly #clusters: readonly ClusterModel[];
  readonly #parts: ClusterNetwork[] = [];
  readonly #links: TopologyLink[] = [];
  readonly #router: NodeDraft;
  readonly #internet: NodeDraft;
  /** Namespaces with their devices and addresses, and the cables. */
  readonly devices: DeviceTopology;

  constructor(clusters: readonly ClusterModel[]) {
    const links = this.#links;
    this.#clusters = clusters;
    const switches: NodeDraft[] = [];
    for (const cluster of clusters) {
      const part = new ClusterNetwork(cluster, switches, links);
      this.#parts.push(part);
      switches.push(...part.switches);
    }
    this.#router = routerDevices(clusters, switches, links);
    this.#internet = internetDevices(clusters, links);
    for (const part of this.#parts) part.addPods(links);
    this.devices = { nodes: this.#drafts().map((draft) => draft.finish()), links };
  }

  /** The whole network. To be called once: it extends the drafts behind `devices`. */
  complete(): Topology {
    routerRules(this.#clusters, this.#router);
    internetRules(this.#clusters, this.#internet);
    for (const part of this.#parts) part.addRules();
    return { nodes: this.#drafts().map((draft) => draft.finish()), links: this.#links };
  }

  #drafts(): readonly NodeDraft[] {
    const of = (list: (part: ClusterNetwork) => readonly NodeDraft[]): readonly NodeDraft[] =>
      this.#parts.flatMap(list);
    return [
      ...of(({ switches }) => switches),
      this.#router,
      this.#internet,
      ...of(({ nodes }) => nodes),
      ...of(({ pods }) => pods),
    ];
  }
}

const NETWORKS = new WeakMap<readonly ClusterModel[], LabNetwork>();

/** The devices of a lab's clusters: made once. */
export function networkOf(clusters: readonly ClusterModel[]): Pick<LabNetwork, "devices"> {
  let network = NETWORKS.get(clusters);
  if (network === undefined) NETWORKS.set(clusters, (network = new LabNetwork(clusters)));
  return network;
}
