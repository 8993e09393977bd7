/** All rules of a namespace as tools print them. */

/** What the tools list in one namespace; empty where a tool is missing. */
export interface RuleListing {
  /** iptables-save -c, or ip6tables-save. */
  readonly iptables: string;
  /** nft -a list ruleset. */
  readonly nft: string;
}
