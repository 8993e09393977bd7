/** macvlan devices: further MAC addresses on a device. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const macvlan: SyncApplier<"macvlan"> = typedLink;
