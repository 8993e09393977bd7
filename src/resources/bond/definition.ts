/** Bonds: several links as one. */
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink, type TypedLink } from "../typed-link.ts";

export interface BondResource extends TypedLink {
  readonly kind: "bond";
}

export const bondDefinition: ResourceDefinition<BondResource> = defineTypedLink<BondResource>({
  kind: "bond",
  script: "cable",
  lesson: () =>
    "A bond: several links as one device. In mode active-backup one carries everything and another takes over when it loses its link; 802.3ad (LACP) shares connections out among all of them.",
  requirements: () => [{ use: "bonds", feature: "bond", module: "bonding" }],
});
