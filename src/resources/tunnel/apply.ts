/** Tunnels of IP in IP and GRE, over IPv4 and IPv6. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/links/typed-link.ts";

export const tunnel: SyncApplier<"tunnel"> = typedLink;
