/** What something needs of the machine beyond what every lab needs. */
export interface Requirement {
  /** Its name for the user. */
  readonly use: string;
  /** The name that `doctor` has for it. */
  readonly feature:
    | "bond"
    | "bridge vlan filtering"
    | "dummy"
    | "gre"
    | "ip6gre"
    | "ip6tnl"
    | "ipip"
    | "iptables addrtype"
    | "ipvlan"
    | "ipvs"
    | "macvlan"
    | "netem"
    | "nft netdev"
    | "sctp"
    | "sit"
    | "vlan"
    | "vrf"
    | "wireguard";
  readonly module: string;
  /** Program and its package of Debian and Ubuntu. */
  readonly program?: { readonly name: string; readonly package: string } | undefined;
}
