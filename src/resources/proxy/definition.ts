/** kube-proxy's listeners in userspace mode: sockets that the agent holds. */
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { proxyEncoder } from "./encode.ts";
import { proxyPlan } from "./plan.ts";

/**
 * One Service port as kube-proxy's userspace mode serves it: the agent listens on `port` on all of the namespace's
 * addresses of the family, and forwards connections to one endpoint after the other.
 */
export interface ProxyResource extends ResourceBase, ProxySpec {
  readonly kind: "proxy";
}

export interface ProxySpec {
  readonly family: Family;
  readonly protocol: "tcp" | "udp";
  /** Where rules send what is addressed to the Service. */
  readonly port: number;
  /** `default/web:http`. */
  readonly service: string;
  /** `10.244.1.2:80`, `[fd00::2]:80`, in the order of their turns. */
  readonly endpoints: readonly string[];
  /** sessionAffinity ClientIP: a client keeps its endpoint until it has been away for this many seconds. */
  readonly affinitySeconds?: number | undefined;
}

/** Shown for a proxy's own step in place of a rule's table. */
export const PROXY_TABLE = "proxy";

export const proxyDefinition: ResourceDefinition<ProxyResource> = {
  kind: "proxy",
  lives: "agent",
  speed: "netlink",
  starts: true,
  script: "comment",
  endsWithContainer: true,
  key: ({ family, service, protocol }) => [`${family} ${service}/${protocol}`],
  describe({ service, protocol, port, endpoints, affinitySeconds }) {
    const sticky = affinitySeconds === undefined ? "" : `, a client keeps its own for ${affinitySeconds} s`;
    return `proxy for ${service} on ${protocol} ${port} → ${endpoints.join(", ") || "no endpoint"}${sticky}`;
  },
  takes: ({ endpoints }) =>
    `by kube-proxy itself, which connects to ${endpoints.join(" or ") || "no endpoint"}: another packet, not followed here`,
  ruleCause: ({ family, service, cause }, place) =>
    place.table === PROXY_TABLE && place.family === family && place.chain === service ? cause : undefined,
  provide: ({ id, ns, family }, index) => index.addProxy(ns, family, id),
  meets: () => false,
  metAt: "socket",
  plan: proxyPlan,
  encode: proxyEncoder,
};
