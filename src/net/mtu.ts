/** What must fit through a device for IPv6 to work on it (RFC 8200, section 5). Bytes. */
export const IPV6_MIN_MTU = 1280;
