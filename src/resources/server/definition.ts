/** Built-in servers: sockets that the agent holds in a namespace. */
import type { ResourceDefinition } from "../definition.ts";
import type { Pace } from "../pace.ts";
import type { ResourceBase } from "../resource.ts";
import { serverEncoder } from "./encode.ts";
import { serverPlan } from "./plan.ts";

/** A built-in server on one port, run by the agent. Listens on all addresses of both families. */
export interface ServerResource extends ResourceBase, Pace {
  readonly kind: "server";
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly port: number;
  /** What it answers: the pod's name (or the namespace's in a raw lab), `NAMESPACE` and the node. */
  readonly hostname: string;
  readonly podNamespace?: string | undefined;
  /** Left out where the kernel has no such protocol (SCTP). */
  readonly optional?: boolean | undefined;
  /** HTTP paths that its pod's own probes request: answered with 200. */
  readonly probed?: readonly string[] | undefined;
  /** It answers nothing but how this Service fares on the node: kube-proxy's listener on a healthCheckNodePort. */
  readonly health?: ServiceHealth | undefined;
}

/** The answer to a load balancer that asks a node: 200 where it has ready endpoints of the Service, else 503. */
export interface ServiceHealth {
  readonly namespace: string;
  readonly service: string;
  readonly localEndpoints: number;
}

export const serverDefinition: ResourceDefinition<ServerResource> = {
  kind: "server",
  lives: "agent",
  speed: "netlink",
  starts: true,
  ofContainer: true,
  metAt: "socket",
  script: "comment",
  endsWithContainer: true,
  key: ({ port, protocol }) => [`${port}/${protocol}`],
  describe: ({ protocol, port }) => `server on ${protocol} ${port}`,
  meets: ({ ns, port }, passage) => passage.arrives(ns, port),
  requirements: ({ protocol, optional }) =>
    protocol === "sctp" && optional !== true
      ? [{ use: "a server on an SCTP port", feature: "sctp", module: "sctp" }]
      : [],
  plan: serverPlan,
  encode: serverEncoder,
};
