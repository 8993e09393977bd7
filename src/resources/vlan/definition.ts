/** VLAN sub-interfaces: one network of several on a trunk (802.1Q). */
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink, type TypedLink } from "../typed-link.ts";

export interface VlanResource extends TypedLink {
  readonly kind: "vlan";
}

export const vlanDefinition: ResourceDefinition<VlanResource> = defineTypedLink<VlanResource>({
  kind: "vlan",
  lesson: () =>
    "A VLAN sub-interface (802.1Q): what it sends leaves its trunk with a tag of four bytes that says which network it belongs to; of what arrives there it gets the frames with its tag.",
  requirements: () => [{ use: "VLAN sub-interfaces", feature: "vlan", module: "8021q" }],
});
