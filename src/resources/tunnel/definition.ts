/** Tunnels of IP in IP and GRE, over IPv4 and IPv6. */
import type { LinkData, LinkType } from "../../net/link-type.ts";
import type { ResourceDefinition } from "../definition.ts";
import { setLines } from "../encode-link-settings.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { defineTypedLink, typedLinkEncoder } from "../typed-link.ts";
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

function text(word: LinkData[string] | undefined): string | undefined {
  return word === undefined ? undefined : String(word);
}

/** The kernel makes these on its own when it loads their module (net.core.fb_tunnels_only_for_init_net). */
const MADE_BY_MODULE: ReadonlySet<string> = new Set(["tunl0", "sit0", "gre0", "gretap0", "ip6tnl0", "ip6gre0"]);

const tunnelEncoder: KindEncoder<TunnelResource> = {
  ...typedLinkEncoder,
  create(device, shell) {
    const [add = "", ...more] = typedLinkEncoder.create(device, shell);
    if (!MADE_BY_MODULE.has(device.name)) return [add, ...more];
    return [`${shell.ip(device, "link", "show", device.name)} >/dev/null 2>&1 || ${add}`, ...setLines(device, shell)];
  },
};

export const tunnelDefinition: ResourceDefinition<TunnelResource> = defineTypedLink<TunnelResource>({
  kind: "tunnel",
  lesson: () =>
    "A tunnel: it puts each packet whole into another one, from its local to its remote address, and takes out what arrives that way. An outer IPv4 header takes 20 bytes, GRE 4 more, an outer IPv6 header 40.",
  tunnel: ({ ns, name, type, data: { local, remote, key } }) => ({
    ns,
    device: name,
    tunnel: `${type} ${key ?? ""}`,
    local: text(local),
    remote: text(remote),
  }),
  encode: tunnelEncoder,
  requirements: ({ type }) => [{ use: `${type} tunnels`, ...TUNNEL_TYPES[type] }],
});
