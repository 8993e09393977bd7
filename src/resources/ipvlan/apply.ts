/** ipvlan devices: further IP addresses on a device, with its MAC. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const ipvlan: SyncApplier<"ipvlan"> = typedLink;
