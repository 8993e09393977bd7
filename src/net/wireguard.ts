/** WireGuard's numbers. */

/** UDP port of a device that is not given one. */
export const WIREGUARD_PORT = 51_820;
