/** Bonds: several links as one. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const bond: SyncApplier<"bond"> = typedLink;
