/** What the agent must watch: startup and readiness probes, as the kubelet makes them from its node, and the links of nodes that announce addresses. */
import { loadBalancerAddresses } from "../load-balancer-speaker.ts";
import type { ClusterModel } from "../cluster.ts";
import type { PodModel, ReadinessProbe } from "../../kube/pod/pod-model.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { Looking, WatchSpec } from "../../resources/watch/definition.ts";
import { because, type Cause } from "../../cause.ts";
import { objectKey } from "../../net/object-ref.ts";

/** A lost node's addresses are taken over within about a second, as MetalLB's memberlist does. */
const LINK_PERIOD = 250;
const LINK_LOOKS = 2;

/** Of a container; unique within its namespace, which hostNetwork pods share with their node. */
export function processName({ hostNetwork, namespace, name }: PodModel, container: string): string {
  return hostNetwork ? `${namespace}/${name}/${container}` : container;
}

/** The kubelet's request, with its address. Times in milliseconds. */
function lookingOf(probe: ReadinessProbe, pod: PodModel, container: string): Looking {
  const { look, initialDelay, period, timeout, success, failure } = probe;
  return {
    look:
      look.kind === "exec"
        ? { ...look, process: processName(pod, container) }
        : { ...look, host: look.host ?? pod.address.ipv4 ?? pod.address.ipv6 ?? "" },
    initialDelay: initialDelay * 1000,
    period: period * 1000,
    timeout: timeout * 1000,
    success,
    failure,
  };
}

/** One for each container with probes: its readinessProbe after its startupProbe, or those that exist. */
export function podWatches(pod: PodModel): readonly (WatchSpec & { readonly cause: Cause })[] {
  const subject = { kind: "pod", name: objectKey(pod) } as const;
  return pod.containers.flatMap(({ name, startupProbe: first, readinessProbe: next, withheld }) => {
    const main = next ?? first;
    if (main === undefined || withheld === true) return [];
    const startup = first === undefined || next === undefined ? undefined : lookingOf(first, pod, name);
    return [
      {
        name: `${next === undefined ? "startup" : "readiness"} of ${subject.name} ${name}`,
        subject,
        ...lookingOf(main, pod, name),
        ...(startup === undefined ? {} : { startup: { ...startup, ns: placeOf(startup, pod) } }),
        ...(next === undefined ? { once: true } : {}),
        cause: main.cause,
      },
    ];
  });
}

/** A command is run in the pod's own namespace, everything else is probed from its node. */
const placeOf = ({ look }: Looking, { ns, node }: PodModel): string => (look.kind === "exec" ? ns : node);

/** `inside`: the pod's own namespace, which of a hostNetwork pod is its node's. */
export function addProbes(pod: PodModel, node: NodeDraft, inside: NodeDraft): void {
  for (const watch of podWatches(pod))
    (placeOf(watch, pod) === inside.name ? inside : node).add({ kind: "watch", ...watch });
}

/** With one node there is no other to take over. */
export function addLinkWatches(cluster: ClusterModel, drafts: ReadonlyMap<string, NodeDraft>): void {
  if (cluster.nodes.length < 2 || loadBalancerAddresses(cluster).size === 0) return;
  for (const node of cluster.nodes) {
    drafts.get(node.name)?.add({
      kind: "watch",
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
