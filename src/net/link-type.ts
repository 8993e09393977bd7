/** Types of devices that are wholly said by their settings, as `ip link add … type TYPE` has them (ip-link(8)). */
export type LinkType =
  | "bond"
  | "dummy"
  | "gre"
  | "gretap"
  | "ip6gre"
  | "ip6gretap"
  | "ip6tnl"
  | "ipip"
  | "ipvlan"
  | "macvlan"
  | "sit"
  | "vlan"
  | "vrf"
  | "wireguard";

/** Settings of a type, by the words of `ip link`; in the order in which it is given them. */
export type LinkData = Readonly<Record<string, string | number>>;
