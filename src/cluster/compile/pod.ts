/** A pod: its namespace, attached to its node as the network plugin does it, servers and processes. */
import type { ClusterModel } from "../cluster.ts";
import type { ContainerModel, PodModel, ReadinessProbe } from "../../kube/pod/pod-model.ts";
import type { TopologyLink } from "../../fabric/topology.ts";
import type { PodAttachment } from "../cni/plugin.ts";
import { asksPod } from "../../kube/pod/probe-ports.ts";
import { namespaceEnv } from "../../kube/service/service-env.ts";
import { NodeDraft } from "../../fabric/node-draft.ts";
import { because } from "../../cause.ts";
import { addClusterDns, isDnsPod } from "./dns-servers.ts";
import { addIngressProxy } from "./ingress-proxy.ts";
import { podFiles } from "./files.ts";
import { processName } from "./watches.ts";
import { ownNodeName } from "../lab-names.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** Requests of the pod's own probes to a TCP port; only the built-in server can answer them. */
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
  const seen = new Set(draft.of("server").map((server) => `${server.protocol}/${server.port}`));
  const declared = new Set(pod.containers.flatMap(({ ports }) => ports.map(({ port }) => port)));
  for (const container of pod.containers) {
    if (container.withheld === true) continue;
    if (container.command !== undefined) {
      draft.add({
        kind: "process",
        name: processName(pod, container.name),
        ...(pod.hostNetwork ? { pod: namespacedName(pod) } : {}),
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
      draft.addServer({
        protocol: port.protocol,
        port: port.port,
        ...(port.optional === undefined ? {} : { optional: port.optional }),
        ...(port.protocol === "tcp" ? probedPaths(pod, port.port) : {}),
        cause: because(port.cause, `container ${container.name} answers on ${port.protocol} ${port.port}`),
      });
    }
    // Real manifests often do not declare the ports that their own probes use.
    for (const { look, cause } of probesOf(container)) {
      if (look.kind === "exec" || !asksPod("host" in look ? look.host : undefined, pod.hostNetwork)) continue;
      if (declared.has(look.port) || seen.has(`tcp/${look.port}`)) continue;
      seen.add(`tcp/${look.port}`);
      draft.addServer({
        protocol: "tcp",
        port: look.port,
        ...probedPaths(pod, look.port),
        cause: because(cause, `container ${container.name} answers its own probe on tcp ${look.port}`),
      });
    }
  }
}

/** A pod of the host's network has no namespace of its own: its programs run in the node's, with files of their own. */
export function hostNetworkPodRules(cluster: ClusterModel, pod: PodModel, node: NodeDraft): void {
  addContainers(cluster, pod, node, ownNodeName(cluster.name, node.name));
  for (const container of pod.containers) addIngressProxy(cluster, container, node);
  node.addAll(podFiles(cluster, pod));
  node.addAll((pod.volumes ?? []).map((one) => ({ kind: "volume", ...one, pod: namespacedName(pod) })));
}

/** The pod's namespace and how it is attached to its node. */
export function podDevices(
  pod: PodModel,
  attachment: PodAttachment,
  onNode: NodeDraft,
  links: TopologyLink[],
): NodeDraft {
  const { cluster, namespace, name } = pod;
  const why = because(pod.cause, "a pod is a network namespace");
  const ref = { ...(cluster === undefined ? {} : { cluster }), namespace, name };
  const draft = new NodeDraft(pod.ns, "pod", why, pod.node, ref);
  attachment.devices({ pod, inside: draft, onNode }, links);
  return draft;
}

export function podRules(
  cluster: ClusterModel,
  pod: PodModel,
  attachment: PodAttachment,
  onNode: NodeDraft,
  draft: NodeDraft,
): void {
  attachment.rules({ pod, inside: draft, onNode });
  addContainers(cluster, pod, draft, pod.hostname);
  for (const container of pod.containers) addIngressProxy(cluster, container, draft);
  if (isDnsPod(cluster, pod)) addClusterDns(cluster, pod, draft);
  draft.addAll(podFiles(cluster, pod));
  draft.addAll((pod.volumes ?? []).map((one) => ({ kind: "volume", ...one })));
}
