/** WireGuard devices: encrypted tunnels to peers that are known by their keys. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { defineTypedLink } from "../typed-link.ts";
import type { TypedLink } from "../typed-link.ts";
import { wireguardEncoder } from "./encode.ts";
import { wireguardPlan } from "./plan.ts";
import type { WireguardSettings } from "./settings.ts";

export interface WireguardResource extends TypedLink {
  readonly kind: "wireguard";
  readonly wireguard: WireguardSettings;
}

/** Ids of WireGuard devices. */
export function wireguardIds(resources: Iterable<ResourceBase & { readonly kind: string }>): readonly string[] {
  return [...resources].flatMap(({ kind, id }) => (kind === "wireguard" ? [id] : []));
}

export const wireguardDefinition: ResourceDefinition<WireguardResource> = defineTypedLink<WireguardResource>({
  kind: "wireguard",
  lesson: () =>
    "A WireGuard device: it encrypts each packet for the peer whose allowed IPs hold its destination and sends it by UDP; of what arrives it takes only what a known key has encrypted, from the addresses that are allowed for it. 60 bytes of every packet are for that (80 over IPv6).",
  requirements: () => [
    {
      use: "WireGuard devices",
      feature: "wireguard",
      module: "wireguard",
      standIn: { name: "wireguard-go", package: "wireguard-go", feature: "tun" },
    },
  ],
  plan: wireguardPlan,
  encode: wireguardEncoder,
});
