/** IPv4 settings of a device that decide about packets, by their number among IPV4_DEVCONF_* (linux/ip.h). The kernel's default is 0. */
export const IPV4_CONF: ReadonlyMap<number, string> = new Map([
  [1, "forwarding"],
  [3, "proxy_arp"],
  [8, "rp_filter"],
  [13, "arp_filter"],
  [16, "disable_policy"],
  [18, "arp_announce"],
  [19, "arp_ignore"],
  [23, "accept_local"],
  [24, "src_valid_mark"],
  [26, "route_localnet"],
]);
