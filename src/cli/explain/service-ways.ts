/** Which packets show a Service: one for each of its addresses, from a realistic sender. */
import { joinHostPort } from "../../net/host-port.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { podText, resolveTarget } from "../../targets/parse-target.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import { serviceText } from "../../targets/service-target.ts";
import { readEndpointArgument, type EndpointArgument } from "./endpoint-argument.ts";
import { slicesOf } from "../../report/service-summary.ts";
import { namespacedName } from "../../net/object-ref.ts";

export type ExplainProtocol = "tcp" | "udp" | "sctp";

export interface WayIn {
  readonly from: Target;
  /** The sender where `from` cannot reach the address: an external IP that is not routed to the cluster. */
  readonly otherwise?: Target | undefined;
  readonly to: EndpointArgument;
  readonly protocol: ExplainProtocol;
}

/** A pod that is not an endpoint of the Service is the best sender: it has no special case. */
function ordinaryClient(lab: Lab, cluster: ClusterModel, service: ServiceModel): Target {
  const slices = slicesOf(cluster, service);
  const endpoints = new Set(slices.flatMap((slice) => slice.endpoints.flatMap((one) => one.pod ?? [])));
  const isUsual = (pod: PodModel): boolean => !pod.hostNetwork && pod.namespace !== "kube-system";
  const usual = cluster.pods.filter(isUsual);
  const pod = usual.find((one) => !endpoints.has(namespacedName(one))) ?? usual[0];
  return resolveTarget(lab, pod === undefined ? (cluster.nodes[0]?.name ?? "") : podText(pod));
}

/** Cluster IP from a pod; external, load-balancer addresses, node port and health check port from outside. */
export function waysIn(lab: Lab, cluster: ClusterModel, service: ServiceModel): readonly WayIn[] {
  if (service.headless || service.type === "ExternalName") return [];
  const client = ordinaryClient(lab, cluster, service);
  const internet = resolveTarget(lab, "internet");
  const [node] = cluster.nodes;
  const outside = [
    ...service.externalIPs,
    ...service.loadBalancerIPs.filter(({ ipMode }) => ipMode === "VIP").map(({ ip }) => ip),
  ];
  const toNode = (port: number, protocol: ExplainProtocol): WayIn[] =>
    port === 0 || node === undefined
      ? []
      : [{ from: internet, to: { text: `${node.name}:${port}`, addresses: node.address, port }, protocol }];
  const ways = service.ports.flatMap(({ port, nodePort, protocol: upper }): WayIn[] => {
    const protocol = upper.toLowerCase() as ExplainProtocol;
    return [
      { from: client, to: readEndpointArgument(lab, `${serviceText(service)}:${port}`), protocol },
      ...outside.map((ip) => ({
        from: internet,
        otherwise: client,
        to: readEndpointArgument(lab, joinHostPort(ip, port)),
        protocol,
      })),
      ...toNode(nodePort, protocol),
    ];
  });
  return [...ways, ...toNode(service.healthCheckNodePort, "tcp")];
}

/** The protocol of a Service's port where it has only one, else TCP. */
export function protocolOf(service: ServiceModel | undefined, port: number): ExplainProtocol {
  const own = service?.ports.filter((one) => one.port === port) ?? [];
  const [only, second] = own;
  return only === undefined || second !== undefined ? "tcp" : (only.protocol.toLowerCase() as ExplainProtocol);
}
