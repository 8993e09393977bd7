/** macvlan devices: further MAC addresses on a device. */
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink, type TypedLink } from "../typed-link.ts";

export interface MacvlanResource extends TypedLink {
  readonly kind: "macvlan";
}

export const macvlanDefinition: ResourceDefinition<MacvlanResource> = defineTypedLink<MacvlanResource>({
  kind: "macvlan",
  lesson: () =>
    "A macvlan: a device with a MAC address of its own on another one, as if it were plugged into the same switch. In mode bridge those on one device reach each other; the device below does not reach them.",
  requirements: () => [{ use: "macvlan devices", feature: "macvlan", module: "macvlan" }],
});
