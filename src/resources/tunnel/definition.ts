/** Tunnels of IP in IP and GRE, over IPv4 and IPv6. */
import type { LinkType } from "../../net/link-type.ts";
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink } from "../typed-link.ts";
import type { TypedLink } from "../typed-link.ts";
import type { Requirement } from "../requirement.ts";

/** Kernel feature, and its module. */
export const TUNNEL_TYPES = {
  ipip: { feature: "ipip", module: "ipip" },
  sit: { feature: "sit", module: "sit" },
  gre: { feature: "gre", module: "ip_gre" },
  gretap: { feature: "gre", module: "ip_gre" },
  ip6tnl: { feature: "ip6tnl", module: "ip6_tunnel" },
  ip6gre: { feature: "ip6gre", module: "ip6_gre" },
  ip6gretap: { feature: "ip6gre", module: "ip6_gre" },
} as const satisfies Partial<Record<LinkType, Omit<Requirement, "use">>>;

export interface TunnelResource extends TypedLink {
  readonly kind: "tunnel";
  readonly type: keyof typeof TUNNEL_TYPES;
}

export const tunnelDefinition: ResourceDefinition<TunnelResource> = defineTypedLink<TunnelResource>({
  kind: "tunnel",
  lesson: () =>
    "A tunnel: it puts each packet whole into another one, from its local to its remote address, and takes out what arrives that way. An outer IPv4 header takes 20 bytes, GRE 4 more, an outer IPv6 header 40.",
  requirements: ({ type }) => [{ use: `${type} tunnels`, ...TUNNEL_TYPES[type] }],
});
