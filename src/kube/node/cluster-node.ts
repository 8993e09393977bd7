/** A node of a cluster, and the switch that it is on. */
import type { PerFamily } from "../../net/family.ts";
import type { KubeProxySpec } from "../service/service.ts";
import type { Cause } from "../../cause.ts";

export interface Taint {
  readonly key: string;
  /** May be empty. */
  readonly value: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

export interface ClusterNode {
  readonly name: string;
  /** Address on the underlay without prefix length. */
  readonly address: PerFamily<string>;
  /** Underlay subnet it is attached to (prefix) and its switch, as the lab names it. */
  readonly subnet: PerFamily<string>;
  readonly switch: string;
  /** This node's part of the pod CIDR, where the network plugin gives it one: `10.244.1.0/24`, `fd00:10:244:1::/64`. */
  readonly podCIDR: PerFamily<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of network plugins: `projectcalico.org/RouteReflectorClusterID` … */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** An unschedulable node has the taint for it. */
  readonly taints?: readonly Taint[] | undefined;
  /** Its uplink's, where `spec.topology` sets another than the cluster's. Bytes. */
  readonly mtu?: number | undefined;
  /** Without a link on the underlay: the others have taken over what it announced. */
  readonly down?: boolean | undefined;
  /** This node's kube-proxy where it is not the cluster's. */
  readonly kubeProxy?: KubeProxySpec | undefined;
  readonly cause: Cause;
}

export interface UnderlaySwitch {
  /** Name of its namespace in the lab: `underlay`, `west.underlay2` … */
  readonly name: string;
  /** It is another cluster's switch: which of the clusters on it this is, from 1. Absent: it is the cluster's own. */
  readonly shared?: number | undefined;
  readonly subnet: PerFamily<string>;
  /** The router's address on it. */
  readonly gateway: PerFamily<string>;
  readonly cause: Cause;
}
