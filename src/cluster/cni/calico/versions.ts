/** How Calico's versions differ in what they write on a node. */

interface VersionFacts {
  /** There is a mark for denied packets, which moves the scratch bits (felix/dataplane/driver.go). */
  readonly dropMark: boolean;
  /** Chains are named by the policy's kind, `knp/x/web`; before, by its name with that of its tier. */
  readonly kindInPolicyNames: boolean;
  /** Felix writes the routes of IPIP pools (ProgramClusterRoutes); before, BIRD. */
  readonly felixRoutesIpip: boolean;
  /** Felix' routes between nodes have a metric (IPv4NormalRoutePriority). */
  readonly routeMetric?: number | undefined;
  /** The set of all pools. */
  readonly poolsSet: string;
  /** Felix has a mode nftables; `maps`: with verdict maps, and words as they are since then. */
  readonly nftables?: { readonly maps: boolean } | undefined;
  /** Felix can log flows (FlowLogsEnabled, with Goldmane). */
  readonly flowLogs: boolean;
  /** mangle's chain for DSCP. */
  readonly dscp: boolean;
  /** The version that the conflist has. */
  readonly cniVersion: string;
  /** The masquerading of tunnels leaves out the tunnel's own port. */
  readonly masqueradePorts: boolean;
}

const OLDEST: VersionFacts = {
  dropMark: false,
  kindInPolicyNames: false,
  felixRoutesIpip: false,
  poolsSet: "all-ipam-pools",
  flowLogs: false,
  dscp: false,
  cniVersion: "0.3.1",
  masqueradePorts: false,
};
const V3_29: VersionFacts = { ...OLDEST, nftables: { maps: false } };
const V3_30: VersionFacts = { ...OLDEST, dropMark: true, flowLogs: true, nftables: { maps: true } };
const V3_31: VersionFacts = {
  ...V3_30,
  kindInPolicyNames: true,
  felixRoutesIpip: true,
  poolsSet: "network-ip-pools",
  dscp: true,
};

/** The default first. */
export const VERSIONS = ["3.31", "3.32", "3.30", "3.29", "3.28"] as const;

export type CalicoVersion = (typeof VERSIONS)[number];

export const VERSION_FACTS: Readonly<Record<CalicoVersion, VersionFacts>> = {
  "3.28": OLDEST,
  "3.29": V3_29,
  "3.30": V3_30,
  "3.31": V3_31,
  "3.32": { ...V3_31, routeMetric: 1024, cniVersion: "1.0.0", masqueradePorts: true },
};
