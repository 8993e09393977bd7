/**
 * The kinds of resources, a folder for each, in the order in which they are built where no dependency says otherwise.
 * `npm run registry` makes registry.ts and apply/registry.ts of this list.
 */
export const KINDS = [
  "netns",
  "sysctl",
  "bridge",
  "veth",
  "vxlan",
  "dummy",
  "addr",
  "qdisc",
  "neigh",
  "fdb",
  "route",
  "rule",
  "ipset",
  "ipvs",
  "iptables",
  "nft",
  "conntrack",
  "file",
  "volume",
  "server",
  "proxy",
  "dns",
  "watch",
  "process",
] as const;
