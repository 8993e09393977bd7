/** What something needs of the machine beyond what every lab needs. */
export interface Requirement {
  /** Its name for the user. */
  readonly use: string;
  /** The name that `doctor` has for it. */
  readonly feature: "dummy" | "ipvs" | "netem" | "nft netdev" | "iptables addrtype" | "sctp";
  readonly module: string;
  /** Program and its package of Debian and Ubuntu. */
  readonly program?: { readonly name: string; readonly package: string } | undefined;
}
