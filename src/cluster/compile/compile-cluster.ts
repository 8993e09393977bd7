/**
 * Compiles the cluster layer to the raw layer: switches, nodes, router, internet and pods become namespaces, links,
 * bridges, addresses, routes and rules. Nothing that a person could not have written by hand in `spec.topology`.
 */
import type { ClusterModel } from "../cluster.ts";
import type { Topology, TopologyLink } from "../../fabric/topology.ts";
import { addKubeProxy } from "./kube-proxy.ts";
import { addLoadBalancers } from "./load-balancer.ts";
import { compileInternet, compileRouter } from "./router.ts";
import { compileNode } from "./node.ts";
import { compileHostNetworkPod, compilePod, podNetwork } from "./pod.ts";
import { compileSwitch } from "./switch.ts";
import { addLinkWatches, addProbes } from "./watches.ts";
import { enforcePolicies } from "../policy/enforce.ts";
import type { NodeDraft } from "../../fabric/topology-node.ts";

/** Throws InputError where the cluster cannot be built as asked (host-gw over two segments, device names too long). */
export function compileCluster(cluster: ClusterModel): Topology {
  const links: TopologyLink[] = [];
  const switches = cluster.switches.map((it) => compileSwitch(cluster, it));
  const nodes = new Map<string, NodeDraft>();
  for (const node of cluster.nodes) {
    const onSwitch = switches.find((it) => it.name === node.switch);
    nodes.set(node.name, compileNode(cluster, node, onSwitch, links));
  }
  const router = compileRouter(cluster, switches, links);
  const internet = compileInternet(cluster, links);
  const pods: NodeDraft[] = [];
  const nodeByName = new Map(cluster.nodes.map((node) => [node.name, { node, network: podNetwork(cluster, node) }]));
  for (const pod of cluster.pods) {
    const on = nodeByName.get(pod.node);
    const draft = nodes.get(pod.node);
    if (on === undefined || draft === undefined)
      throw new TypeError(`pod ${pod.namespace}/${pod.name} is on an unknown node ${pod.node}`);
    if (pod.hostNetwork) {
      compileHostNetworkPod(cluster, pod, draft);
      addProbes(pod, draft, draft);
    } else {
      const inside = compilePod(cluster, on.node, pod, on.network, draft, links);
      addProbes(pod, draft, inside);
      pods.push(inside);
    }
  }
  addLoadBalancers(cluster, nodes);
  addLinkWatches(cluster, nodes);
  for (const node of cluster.nodes) {
    const draft = nodes.get(node.name);
    if (draft !== undefined) addKubeProxy(cluster, node, draft);
  }
  enforcePolicies(cluster, nodes);
  return { nodes: [...switches, router, internet, ...nodes.values(), ...pods], links };
}
