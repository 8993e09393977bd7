/** The connections that a comparison measures: of each kind that the lab has, the first. */
import { podText } from "../../targets/parse-target.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import { firstService } from "../first-service.ts";

export interface Way {
  /** `to a pod on another node`. */
  readonly title: string;
  /** As targets. */
  readonly from: string;
  readonly to: string;
  /** To be measured as well: once, between two nodes. */
  readonly throughput?: true | undefined;
  /** Of a Service: namespaces of pods on other nodes than the client's. */
  readonly apart?: readonly string[] | undefined;
}

function tcpPort({ containers }: PodModel): number | undefined {
  return containers.flatMap(({ ports }) => ports).find(({ protocol }) => protocol === "tcp")?.port;
}

/** `pod/web-0:80`; a ping where nothing declares a port. */
function destination(pod: PodModel): string {
  const port = tcpPort(pod);
  return port === undefined ? podText(pod) : `${podText(pod)}:${port}`;
}

function isOrdinary({ hostNetwork, namespace, ready }: PodModel): boolean {
  return !hostNetwork && ready && namespace !== "kube-system";
}

/** Prefers pods that serve, and clients that do not. */
export function waysOf(cluster: ClusterModel): readonly Way[] {
  const pods = cluster.pods.filter(isOrdinary);
  const client = pods.find((pod) => tcpPort(pod) === undefined || pod.name.includes("client")) ?? pods[0];
  if (client === undefined) return [];
  const others = pods.filter((pod) => pod !== client).toSorted((a, b) => Number(tcpPort(a) === undefined) - Number(tcpPort(b) === undefined)); // prettier-ignore
  const near = others.find(({ node }) => node === client.node);
  const far = others.find(({ node }) => node !== client.node);
  const service = firstService(cluster);
  const from = podText(client);
  const { internet } = cluster;
  const [webPort] = internet.servers;
  const nodePort = cluster.services
    .flatMap(({ ports }) => ports)
    .find(({ nodePort, protocol }) => nodePort > 0 && protocol === "TCP");
  const [firstNode] = cluster.nodes;
  return [
    ...(near === undefined ? [] : [{ title: "to a pod on the same node", from, to: destination(near) }]),
    ...(far === undefined
      ? []
      : [
          {
            title: "to a pod on another node",
            from,
            to: destination(far),
            throughput: true as const,
          },
          {
            title: "from a node to a pod on another node",
            from: client.node,
            to: destination(far),
          },
        ]),
    ...(service === undefined
      ? []
      : [
          {
            title: "to a Service",
            from,
            to: service,
            apart: pods.filter(({ node }) => node !== client.node).map(({ ns }) => ns),
          },
        ]),
    ...(webPort === undefined ? [] : [{ title: "to the internet", from, to: `internet:${webPort}` }]),
    ...(nodePort === undefined || firstNode === undefined
      ? []
      : [
          { title: "from the internet to a node port", from: "internet", to: `${firstNode.name}:${nodePort.nodePort}` },
        ]),
  ];
}
