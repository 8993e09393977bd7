/** A Service's ports, with the node ports that it requests or gets (pkg/registry/core/service/storage/alloc.go: initNodePorts). */
import type { ServiceDocument } from "./schema.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { NodePortPool } from "./node-port-pool.ts";
import type { ServiceModel, ServicePort } from "./service.ts";
import type { ServiceProtocol } from "../../net/protocol.ts";

type Spec = ServiceDocument["spec"];
type Report = (scope: Scope, message: string, hint?: string) => void;

const isProtocol = (text: string): text is ServiceProtocol => text === "TCP" || text === "UDP" || text === "SCTP";

const FREE = "choose a free port in 30000-32767 (30000-30085 are never assigned automatically), or omit it";

/** Reserves the node ports in the manifest. */
export function reserveNodePorts(
  spec: Spec,
  type: ServiceModel["type"],
  who: string,
  pool: NodePortPool,
  scope: Scope,
  report: Report,
): void {
  if (type !== "NodePort" && type !== "LoadBalancer") return;
  const reserve = (port: number, place: Scope): void => {
    if (port === 0) return;
    const problem = pool.reserve(port, who);
    if (problem !== undefined)
      report(
        place,
        `Invalid value: ${port}: ${problem.message}`,
        problem.owner === undefined ? FREE : `${problem.owner} has it; ${FREE}`,
      );
  };
  // One number in two protocols is one port of the Service, and so is its node port.
  const own = new Set<string>();
  for (const [i, { port, nodePort = 0 }] of (spec.ports ?? []).entries()) {
    const key = `${port} ${nodePort}`;
    if (!own.has(key)) reserve(nodePort ?? 0, scope.at("ports", i, "nodePort"));
    own.add(key);
  }
  if (type === "LoadBalancer" && spec.externalTrafficPolicy === "Local")
    reserve(spec.healthCheckNodePort ?? 0, scope.at("healthCheckNodePort"));
}

/** The ports; those with one number in two protocols share their node port. */
export function resolveServicePorts(
  spec: Spec,
  type: ServiceModel["type"],
  who: string,
  pool: NodePortPool,
  scope: Scope,
  report: Report,
): readonly ServicePort[] {
  const docs = spec.ports ?? [];
  const wanted = type === "NodePort" || (type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
  const byPort = new Map<number, number>();
  for (const port of docs)
    if ((port.nodePort ?? 0) !== 0 && !byPort.has(port.port)) byPort.set(port.port, port.nodePort ?? 0);
  const nodePortOf = (port: (typeof docs)[number], place: Scope): number => {
    if (type !== "NodePort" && type !== "LoadBalancer") return 0;
    if ((port.nodePort ?? 0) !== 0) return port.nodePort ?? 0;
    if (!wanted) return 0;
    const shared = byPort.get(port.port) ?? pool.next(`${who}:${port.port}`);
    if (shared === undefined)
      report(
        place,
        "failed to allocate a nodePort: range is full",
        "remove Services of type NodePort and LoadBalancer, or set allocateLoadBalancerNodePorts: false",
      );
    else byPort.set(port.port, shared);
    return shared ?? 0;
  };
  return docs.map((port, i) => {
    const protocol = (port.protocol ?? "") === "" ? "TCP" : (port.protocol ?? "TCP");
    const target = port.targetPort ?? 0;
    const place = scope.at("ports", i);
    return {
      name: port.name ?? "",
      protocol: isProtocol(protocol) ? protocol : "TCP",
      port: port.port,
      targetPort: target === 0 || target === "" ? port.port : target,
      nodePort: nodePortOf(port, place),
      ...((port.appProtocol ?? "") === "" ? {} : { appProtocol: port.appProtocol ?? "" }),
      cause: place.cause(
        `Service ${who}`,
        `port ${port.port}/${protocol}${(port.name ?? "") === "" ? "" : ` (${port.name})`}`,
      ),
    };
  });
}

/** The port of the health check listener; 0 where there is none. */
export function healthCheckPort(spec: Spec, type: ServiceModel["type"], who: string, pool: NodePortPool): number {
  if (type !== "LoadBalancer" || spec.externalTrafficPolicy !== "Local") return 0;
  return (spec.healthCheckNodePort ?? 0) === 0
    ? (pool.next(`${who} health check`) ?? 0)
    : (spec.healthCheckNodePort ?? 0);
}
