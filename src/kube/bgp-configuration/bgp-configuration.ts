/** BGPConfiguration (projectcalico.org/v3): BGP of all nodes (`default`), or of one (`node.NAME`). */
import type { Cause } from "../../cause.ts";
import type { Family, PerFamily } from "../../net/family.ts";

export interface BgpConfigurationModel {
  /** `default`, `node.NAME`. */
  readonly name: string;
  /** Every node has a session with every other. */
  readonly mesh?: boolean | undefined;
  readonly asn?: number | undefined;
  readonly listenPort?: number | undefined;
  readonly bindMode?: "None" | "NodeIP" | undefined;
  /** Of which no routes are read. */
  readonly ignoredInterfaces: readonly string[];
  /** Prefixes whose addresses of Services are announced. */
  readonly clusterIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** Prefixes of load balancers are announced as they are; false: addresses one by one. */
  readonly aggregates: boolean;
  /** What routes of a prefix are tagged with, in the order of the values. */
  readonly advertisements: readonly { readonly cidr: string; readonly communities: readonly string[] }[];
  /** Seconds. */
  readonly meshRestartTime?: number | undefined;
  /** Which pools' routes BIRD writes. */
  readonly programClusterRoutes?: "Enabled" | "Disabled" | "EnabledIPIPOnly" | "EnabledNoEncapOnly" | undefined;
  /** Metric of usual routes. */
  readonly priority: PerFamily<number>;
  readonly cause: Cause;
}

/** Without any field. */
export function plainConfiguration(name: string, cause: Cause): BgpConfigurationModel {
  return {
    name,
    ignoredInterfaces: [],
    clusterIPs: [],
    externalIPs: [],
    loadBalancerIPs: [],
    aggregates: true,
    advertisements: [],
    priority: {},
    cause,
  };
}

/** The metric of a route that is preferred to nothing. */
export const NORMAL_PRIORITY = 1024;

export function priorityOf({ priority }: Pick<BgpConfigurationModel, "priority">, family: Family): number {
  return priority[family] ?? NORMAL_PRIORITY;
}
