/** What the agent must keep an eye on: readiness probes, as the kubelet makes them from its node, and the links of nodes that announce addresses. */
import { loadBalancerAddresses } from "../../model/load-balancer-speaker.ts";
import type { ClusterModel, PodModel, ReadinessProbe } from "../../model/cluster.ts";
import type { NodeDraft } from "../../model/topology-node.ts";
import type { WatchSpec } from "../resource.ts";
import { because } from "../topology-draft.ts";

/** A lost node's addresses are taken over within about a second, as MetalLB's memberlist does it. */
const LINK_PERIOD = 250;
const LINK_LOOKS = 2;

/** Of a container; unique within its namespace, which hostNetwork pods share with their node. */
export function processName({ hostNetwork, namespace, name }: PodModel, container: string): string {
  return hostNetwork ? `${namespace}/${name}/${container}` : container;
}

/** What the kubelet asks, with the address that it asks. */
export function lookOf(probe: ReadinessProbe, pod: PodModel, container: string): WatchSpec["look"] {
  const { look } = probe;
  if (look.kind === "exec") return { ...look, process: processName(pod, container) };
  return { ...look, host: look.host ?? pod.address.ipv4 ?? pod.address.ipv6 ?? "" };
}

/** `inside`: the pod's own namespace, where a command is run. */
export function addReadinessProbes(pod: PodModel, node: NodeDraft, inside: NodeDraft): void {
  const subject = { kind: "pod", name: `${pod.namespace}/${pod.name}` } as const;
  for (const container of pod.containers) {
    const { readinessProbe } = container;
    if (readinessProbe === undefined) continue;
    const { initialDelay, period, timeout, success, failure, cause } = readinessProbe;
    const look = lookOf(readinessProbe, pod, container.name);
    (look.kind === "exec" ? inside : node).watches.push({
      name: `readiness of ${subject.name} ${container.name}`,
      subject,
      look,
      initialDelay: initialDelay * 1000,
      period: period * 1000,
      timeout: timeout * 1000,
      success,
      failure,
      cause,
    });
  }
}

/** With one node there is nobody who could take over. */
export function addLinkWatches(cluster: ClusterModel, drafts: ReadonlyMap<string, NodeDraft>): void {
  if (cluster.nodes.length < 2 || loadBalancerAddresses(cluster).size === 0) return;
  for (const node of cluster.nodes) {
    drafts.get(node.name)?.watches.push({
      name: "link eth0",
      subject: { kind: "node", name: node.name },
      look: { kind: "link", dev: "eth0" },
      initialDelay: 0,
      period: LINK_PERIOD,
      timeout: LINK_PERIOD,
      success: LINK_LOOKS,
      failure: LINK_LOOKS,
      cause: because(node.cause, "when its link is lost, another node announces its load-balancer addresses"),
    });
  }
}
