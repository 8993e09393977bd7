/** VXLAN's numbers (RFC 7348), and Linux's. */
import type { Family } from "./family.ts";

/** UDP port of a device that is not given one: Linux's default, older than IANA's. */
export const VXLAN_PORT = 8472;
/** IANA's. */
const IANA_VXLAN_PORT = 4789;
export const USUAL_VXLAN_PORTS: ReadonlySet<number> = new Set([VXLAN_PORT, IANA_VXLAN_PORT]);

/** Bytes around an inner IP packet: inner Ethernet 14, VXLAN 8, UDP 8, and the outer IP header of the family that carries it. */
export const VXLAN_OVERHEAD = { ipv4: 50, ipv6: 70 } as const satisfies Record<Family, number>;
