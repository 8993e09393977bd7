/** Ports on which a pod answers though no container declares them: containerPort only informs (API reference of ContainerPort). */
import type { ClusterModel } from "./cluster.ts";
import type { ContainerModel, PodModel } from "../kube/pod/pod-model.ts";
import type { ServiceModel } from "../kube/service/service.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Topology } from "../fabric/topology.ts";

const PROTOCOLS = { TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const;
type Port = ContainerModel["ports"][number];

function selects({ selector }: ServiceModel, { labels }: PodModel): boolean {
  const entries = Object.entries(selector ?? {});
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

/** Namespaces in which something serves that the lab file itself says. */
function served({ nodes }: Topology): ReadonlySet<string> {
  const busy = nodes.filter(({ resources }) => resources.some((one) => definitionOf(one).lives === "agent"));
  return new Set(busy.map(({ name }) => name));
}

/** With the numeric target ports of the Services that select pods: only where no program runs in the pod, which may have them. */
export function withTargetPorts(cluster: ClusterModel, topology: Topology): ClusterModel {
  const busy = served(topology);
  const pods = addTargetPorts(cluster.pods, cluster.services).map((pod, i) =>
    busy.has(pod.ns) ? (cluster.pods[i] ?? pod) : pod,
  );
  return { ...cluster, pods };
}

function addTargetPorts(pods: readonly PodModel[], services: readonly ServiceModel[]): readonly PodModel[] {
  const inNamespace = Map.groupBy(services, ({ namespace }) => namespace);
  return pods.map((pod) => {
    const [first, ...others] = pod.containers;
    if (first === undefined || pod.containers.some(({ command }) => command !== undefined)) return pod;
    const known = new Set(pod.containers.flatMap(({ ports }) => ports.map((one) => `${one.protocol} ${one.port}`)));
    const added: Port[] = [];
    for (const service of inNamespace.get(pod.namespace) ?? []) {
      if (!selects(service, pod)) continue;
      for (const { protocol, targetPort, cause } of service.ports) {
        if (typeof targetPort !== "number" || known.has(`${PROTOCOLS[protocol]} ${targetPort}`)) continue;
        known.add(`${PROTOCOLS[protocol]} ${targetPort}`);
        // A kernel without SCTP has no server for it, because it was not requested explicitly.
        const optional = protocol === "SCTP" ? { optional: true } : {};
        added.push({ port: targetPort, protocol: PROTOCOLS[protocol], undeclared: true, ...optional, cause });
      }
    }
    if (added.length === 0) return pod;
    return { ...pod, containers: [{ ...first, ports: [...first.ports, ...added] }, ...others] };
  });
}
