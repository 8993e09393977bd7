/** Dummy devices. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const dummy: SyncApplier<"dummy"> = typedLink;
