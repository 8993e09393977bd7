/** VRFs: routing tables that devices are bound to. */
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink, type TypedLink } from "../typed-link.ts";
import { ruleKey } from "../observed-index.ts";
export interface VrfResource extends TypedLink {
  readonly kind: "vrf";
}

export const vrfDefinition: ResourceDefinition<VrfResource> = defineTypedLink<VrfResource>({
  kind: "vrf",
  script: "cable",
  lesson: () =>
    "A VRF: devices that are its ports are routed by its own table, so that two customers may use the same addresses on one router.",
  requirements: () => [{ use: "VRFs", feature: "vrf", module: "vrf" }],
  /** The kernel looks into the tables of VRFs by a rule of its own (l3mdev), made with the first of them. */
  own(_vrf, own) {
    for (const family of ["ipv4", "ipv6"] as const) own.rules.add(ruleKey({ family, priority: 1000, table: 0 }));
  },
});
