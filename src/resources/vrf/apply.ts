/** VRFs: routing tables that devices are bound to. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const vrf: SyncApplier<"vrf"> = typedLink;
