export interface Program {
  readonly name: string;
  readonly package: string;
}

/** What something needs of the machine beyond what every lab needs. */
export interface Requirement {
  /** Its name for the user. */
  readonly use: string;
  /** The name that `doctor` has for it. */
  readonly feature:
    | "bond"
    | "bridge netfilter"
    | "bridge vlan filtering"
    | "dummy"
    | "fou"
    | "gre"
    | "ip6gre"
    | "ip6tnl"
    | "ipip"
    | "iptables addrtype"
    | "iptables connmark"
    | "iptables rpfilter"
    | "ipvlan"
    | "ipvs"
    | "macvlan"
    | "netem"
    | "nft fib"
    | "nft netdev"
    | "sctp"
    | "sit"
    | "vlan"
    | "vrf"
    | "wireguard";
  readonly module: string;
  /** It is there where this path is: no need to try. */
  readonly path?: string | undefined;
  /** Program and its package of Debian and Ubuntu. */
  readonly program?: Program | undefined;
  /** A program that does it in user space where the kernel has no such feature, with the device that it needs for that. */
  readonly standIn?: (Program & { readonly feature: "tun" }) | undefined;
}
