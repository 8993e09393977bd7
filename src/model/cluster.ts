/** The cluster layer: nodes, address ranges, CNI and pods, with every address assigned. */
import type { Cause } from "../cause.ts";
import type { Family } from "../plan/resource.ts";
import type { DnsServerSpec } from "./dns.ts";
import type { NetworkPolicyModel } from "./network-policy.ts";
import type { ClusterDnsSpec, EndpointSliceModel, KubeProxySpec, ServiceModel } from "./service.ts";

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
  /** Its uplink's, where `spec.topology` gives it another than the cluster's. Bytes. */
  readonly mtu?: number | undefined;
  /** Without a link on the underlay: the others have taken over what it announced. */
  readonly down?: boolean | undefined;
  /** This node's kube-proxy where it is not the cluster's. */
  readonly kubeProxy?: KubeProxySpec | undefined;
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

export interface NetworkPolicySpec {
  /** What the nodes enforce policies with. */
  readonly backend: "iptables" | "nftables";
  /** Denied packets go to NFLOG group 100 as well, with the pod and the policies that isolate it. */
  readonly log: boolean;
  readonly cause: Cause;
}

/** A file of a volume. */
export interface VolumeFile {
  /** Below the volume's folder. */
  readonly path: string;
  /** What it holds: one of the two. */
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
  /** Permissions. */
  readonly mode: number;
}

/** What containers of a pod mount. */
export interface VolumeModel {
  readonly name: string;
  /** Absent: an empty folder. */
  readonly files?: readonly VolumeFile[] | undefined;
  /** A folder with a file system of its own, in memory; at most so many bytes where that is said. */
  readonly tmpfs?: { readonly size?: number | undefined } | undefined;
  readonly cause: Cause;
}

export interface VolumeMount {
  readonly volume: string;
  readonly mountPath: string;
  /** A part of the volume; empty: all of it. */
  readonly subPath: string;
  readonly readOnly: boolean;
}

export interface ContainerModel {
  readonly name: string;
  /** Absent: the built-in server on each declared port. */
  readonly command?: readonly string[] | undefined;
  /** Its own variables; those of Services come besides, see service-env.ts. */
  readonly env: Readonly<Record<string, string>>;
  /** From ConfigMaps and Secrets, as they are when it starts. */
  readonly startEnv?: Readonly<Record<string, string>> | undefined;
  readonly workingDir?: string | undefined;
  /** It never starts: a variable's ConfigMap or Secret is not there (CreateContainerConfigError), or a sidecar before it does not start. */
  readonly withheld?: boolean | undefined;
  /** Of a container with a command, those that lie in others after these. */
  readonly mounts?: readonly VolumeMount[] | undefined;
  readonly ports: readonly {
    readonly name?: string | undefined;
    readonly port: number;
    readonly protocol: "tcp" | "udp" | "sctp";
    readonly hostPort?: number | undefined;
    /** The address of the node at which the hostPort is open; absent: all of them. */
    readonly hostIP?: string | undefined;
    /** Nobody answers there where the kernel has no such protocol: what policies say can be asked all the same. */
    readonly optional?: boolean | undefined;
    /** No container declares it: a Service leads there, or a probe asks it. */
    readonly undeclared?: boolean | undefined;
    readonly cause: Cause;
  }[];
  readonly readinessProbe?: ReadinessProbe | undefined;
  /** Before it has passed once, the container is not ready and its readinessProbe is not asked. */
  readonly startupProbe?: ReadinessProbe | undefined;
  readonly cause: Cause;
}

/** As the kubelet makes it, defaults filled; times in seconds. Without a host it goes to the pod's address. */
export interface ReadinessProbe {
  readonly look:
    | {
        readonly kind: "http";
        /** HTTPS, whatever the certificate. */
        readonly tls?: boolean | undefined;
        readonly host?: string | undefined;
        readonly port: number;
        readonly path: string;
        readonly headers: Readonly<Record<string, string>>;
      }
    | { readonly kind: "tcp"; readonly host?: string | undefined; readonly port: number }
    /** gRPC's health check of a service; empty: of the whole server. */
    | { readonly kind: "grpc"; readonly host?: undefined; readonly port: number; readonly service: string }
    | { readonly kind: "exec"; readonly argv: readonly string[] };
  readonly initialDelay: number;
  readonly period: number;
  readonly timeout: number;
  readonly success: number;
  readonly failure: number;
  readonly cause: Cause;
}

/** What a pod's resolv.conf is made from, defaults filled as the API server fills them. */
export interface PodDns {
  readonly policy: "ClusterFirst" | "ClusterFirstWithHostNet" | "Default" | "None";
  readonly config: {
    readonly nameservers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly { readonly name: string; readonly value?: string | undefined }[];
  };
}

/** Kinds whose controllers make pods. */
export type WorkloadKind =
  | "Deployment"
  | "ReplicaSet"
  | "StatefulSet"
  | "DaemonSet"
  | "ReplicationController"
  | "Job"
  | "CronJob";

/**
 * Whose pod it is; of Deployments and ReplicaSets, which ReplicaSet (its pod-template-hash) and its number in that. The
 * cluster's own pods have no number, nor have those of the other kinds.
 */
export interface PodOwner {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly hash?: string | undefined;
  readonly ordinal?: number | undefined;
  /** A Pod manifest says whose it is: nothing here makes it again. */
  readonly bare?: boolean | undefined;
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
  /** spec.hostname as the manifest gives it: only then, and with a subdomain, the pod has a DNS name of its own. */
  readonly specHostname?: string | undefined;
  readonly subdomain?: string | undefined;
  /** Pod addresses without prefix length (a hostNetwork pod's are its node's). */
  readonly address: PerFamily<string>;
  /** Interface name on the node: `veth` + 8 hex digits. */
  readonly vethName: string;
  /** None: something that its volumes need is not there, and the kubelet would start nothing. */
  readonly containers: readonly ContainerModel[];
  /** Those that programs of the pod mount. */
  readonly volumes?: readonly VolumeModel[] | undefined;
  /** Condition Ready: true unless the manifest's status, a readiness probe or somebody by hand says otherwise. */
  readonly ready: boolean;
  /** It has a deletionTimestamp: it serves to the end, and gets no new connections while others are ready. */
  readonly terminating?: boolean | undefined;
  /** It is made with this very change, and not ready before it is there. */
  readonly starting?: boolean | undefined;
  readonly dns: PodDns;
  /** Further lines of its /etc/hosts. */
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[] | undefined;
  /** enableServiceLinks: variables for all Services of the namespace; see service-env.ts. */
  readonly serviceLinks: boolean;
  /** `Deployment default/web` for a pod made by a controller. */
  readonly owner?: PodOwner | undefined;
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
  readonly networkPolicy: NetworkPolicySpec;
  /** Underlay MTU, default 1500. */
  readonly mtu: number;
  /** What gets through between the nodes, where that is known: `mtu` is no larger. */
  readonly wireMtu?: number | undefined;
  /** The `internet` namespace with documentation addresses, behind the `router`. */
  readonly internet: {
    readonly subnet: PerFamily<string>;
    readonly router: PerFamily<string>;
    readonly address: PerFamily<string>;
    readonly servers: readonly number[];
    /** Its DNS server. */
    readonly dns?: (DnsServerSpec & { readonly cause: Cause }) | undefined;
  };
  /** Addresses for Services of type LoadBalancer; a family without a range has none. */
  readonly loadBalancer: { readonly cidr: PerFamily<string> };
  readonly kubeProxy: KubeProxySpec;
  readonly dns: ClusterDnsSpec;
  /** In the order of the manifests, the cluster's own (kubernetes, kube-dns) first. Empty: the lab has no Services. */
  readonly services: readonly ServiceModel[];
  /** Given and derived, sorted by namespace, service and name. */
  readonly slices: readonly EndpointSliceModel[];
  readonly namespaces: readonly NamespaceModel[];
  readonly pods: readonly PodModel[];
  readonly policies: readonly NetworkPolicyModel[];
  readonly cause: Cause;
}
