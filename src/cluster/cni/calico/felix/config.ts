/** What Felix is configured with, as far as its rules depend on it (felix/rules/rule_defs.go, Config). */

/** Bits of the packet mark within Felix' mask, handed out from the lowest (felix/dataplane/driver.go). */
export interface FelixMarks {
  /** Policy has accepted the packet. */
  readonly accept: number;
  /** The next tier decides. */
  readonly pass: number;
  /** Policy has denied the packet; versions before it was there have none. */
  readonly drop?: number | undefined;
  readonly scratch0: number;
  readonly scratch1: number;
  /** kube-proxy in mode ipvs: which endpoint a packet came from, and that it came from none of Calico's. */
  readonly endpoint: number;
  readonly nonCaliEndpoint: number;
}

export type Verdict = "ACCEPT" | "DROP" | "RETURN";

export interface ProtoPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Only from or to there; absent: anywhere. */
  readonly net?: string | undefined;
}

export interface FelixConfig {
  readonly marks: FelixMarks;
  readonly ipip: boolean;
  readonly vxlan: boolean;
  readonly vxlanPort: number;
  /** Devices whose tunnel has an address on this node. */
  readonly tunnels: readonly string[];
  /** kube-proxy runs in mode ipvs. */
  readonly ipvs: boolean;
  /** FilterAllowAction. */
  readonly allow: "ACCEPT" | "RETURN";
  /** MangleAllowAction. */
  readonly mangleAllow: "ACCEPT" | "RETURN";
  /** IptablesFilterDenyAction. */
  readonly deny: "DROP" | "REJECT";
  /** DefaultEndpointToHostAction. */
  readonly endpointToHost: Verdict;
  readonly failsafeIn: readonly ProtoPort[];
  readonly failsafeOut: readonly ProtoPort[];
  /** Longest name of a chain in characters. */
  readonly maxChainName: number;
  /** A verdict map leads to pods' chains: nftables from 3.30 on. */
  readonly verdictMaps: boolean;
  /** Verdicts are logged to NFLOG. */
  readonly flowLogs: boolean;
  /** There is what marks packets of pods for DSCP: a chain of 3.31 and later. */
  readonly dscp: boolean;
}

/** Names of pods' devices begin so. */
export const WORKLOADS = "cali+";
