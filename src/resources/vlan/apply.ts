/** VLAN sub-interfaces: one network of several on a trunk (802.1Q). */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const vlan: SyncApplier<"vlan"> = typedLink;
