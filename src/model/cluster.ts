/** The cluster layer: nodes, address ranges, CNI and pods, with every address assigned. */
import type { Cause } from "../cause.ts";
import type { Family } from "../plan/resource.ts";

/** One value per family that the lab uses. */
export type PerFamily<T> = Readonly<Partial<Record<Family, T>>>;

export interface ClusterNode {
  readonly name: string;
  /** Address on the underlay without prefix length. */
  readonly address: PerFamily<string>;
  /** Underlay subnet it is attached to (prefix) and its switch namespace. */
  readonly subnet: PerFamily<string>;
  readonly switch: string;
  /** This node's part of the pod CIDR: `10.244.1.0/24`, `fd00:10:244:1::/64`. */
  readonly podCIDR: PerFamily<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Administrator's sysctls on this node. */
  readonly cause: Cause;
}

export interface UnderlaySwitch {
  /** Namespace name: `underlay`, `underlay2` … */
  readonly name: string;
  readonly subnet: PerFamily<string>;
  /** The router's address on it. */
  readonly gateway: PerFamily<string>;
  readonly cause: Cause;
}

export type CniSpec = {
  readonly plugin: "flannel";
  readonly backend: "vxlan" | "host-gw";
  /** vxlan only: plain routes between nodes of one underlay subnet. */
  readonly directRouting: boolean;
  readonly vni: number;
  readonly port: number;
  /** Egress masquerade, default true (`--ip-masq`). */
  readonly ipMasq: boolean;
  /** Pod MTU; default underlay MTU less the backend's overhead. */
  readonly mtu?: number | undefined;
  readonly cause: Cause;
};

export interface ContainerModel {
  readonly name: string;
  /** Absent: the built-in server on each declared port. */
  readonly command?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string | undefined;
  readonly ports: readonly {
    readonly name?: string | undefined;
    readonly port: number;
    readonly protocol: "tcp" | "udp" | "sctp";
    readonly hostPort?: number | undefined;
    readonly cause: Cause;
  }[];
  readonly cause: Cause;
}

export interface PodModel {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  /** Lab-internal namespace: `NAMESPACE/NAME`, or the node's name with hostNetwork. */
  readonly ns: string;
  readonly hostNetwork: boolean;
  readonly hostname: string;
  readonly subdomain?: string | undefined;
  /** Pod addresses without prefix length (a hostNetwork pod's are its node's). */
  readonly address: PerFamily<string>;
  /** Interface name on the node: `veth` + 8 hex digits. */
  readonly vethName: string;
  readonly containers: readonly ContainerModel[];
  /** `Deployment default/web` for a pod made by a controller. */
  readonly owner?: { readonly kind: "Deployment" | "ReplicaSet"; readonly name: string } | undefined;
  readonly cause: Cause;
}

export interface NamespaceModel {
  readonly name: string;
  /** Always includes `kubernetes.io/metadata.name`. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ClusterModel {
  readonly nodes: readonly ClusterNode[];
  readonly switches: readonly UnderlaySwitch[];
  /** Whole-cluster ranges. */
  readonly podCIDR: PerFamily<string>;
  readonly serviceCIDR: PerFamily<string>;
  readonly cni: CniSpec;
  /** Underlay MTU, default 1500. */
  readonly mtu: number;
  /** The `internet` namespace with documentation addresses, behind the `router`. */
  readonly internet: {
    readonly subnet: PerFamily<string>;
    readonly router: PerFamily<string>;
    readonly address: PerFamily<string>;
    readonly servers: readonly number[];
  };
  readonly namespaces: readonly NamespaceModel[];
  readonly pods: readonly PodModel[];
  readonly cause: Cause;
}
