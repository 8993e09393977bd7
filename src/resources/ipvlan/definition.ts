/** ipvlan devices: further IP addresses on a device, with its MAC. */
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink, type TypedLink } from "../typed-link.ts";

export interface IpvlanResource extends TypedLink {
  readonly kind: "ipvlan";
}

export const ipvlanDefinition: ResourceDefinition<IpvlanResource> = defineTypedLink<IpvlanResource>({
  kind: "ipvlan",
  lesson: () =>
    "An ipvlan: it shares the MAC address of the device below and differs from it by its IP addresses. In mode l2 it answers ARP itself, in l3 and l3s the namespace routes for it.",
  requirements: () => [{ use: "ipvlan devices", feature: "ipvlan", module: "ipvlan" }],
});
