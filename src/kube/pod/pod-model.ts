/** A pod of a lab: where it runs, its addresses and containers. */
import type { VolumeMount, VolumeModel } from "../../resources/volume/model.ts";
import type { Cause } from "../../cause.ts";
import type { ContainerRole } from "./image-role.ts";
import type { PerFamily } from "../../net/family.ts";

export interface ContainerModel {
  readonly name: string;
  /** Absent: the built-in server on each declared port. */
  readonly command?: readonly string[] | undefined;
  /** Its own variables; those of Services are added, see service-env.ts. */
  readonly env: Readonly<Record<string, string>>;
  /** From ConfigMaps and Secrets, as they are when it starts. */
  readonly startEnv?: Readonly<Record<string, string>> | undefined;
  readonly workingDir?: string | undefined;
  /** Of a well-known image: it serves on its ports in the place of the built-in server. */
  readonly role?: ContainerRole | undefined;
  /** It never starts: a variable's ConfigMap or Secret does not exist (CreateContainerConfigError), or a sidecar before it does not start. */
  readonly withheld?: boolean | undefined;
  /** For a container with a command; nested ones after those that contain them. */
  readonly mounts?: readonly VolumeMount[] | undefined;
  readonly ports: readonly {
    readonly name?: string | undefined;
    readonly port: number;
    readonly protocol: "tcp" | "udp" | "sctp";
    readonly hostPort?: number | undefined;
    /** The address of the node at which the hostPort is open; absent: all of them. */
    readonly hostIP?: string | undefined;
    /** Nothing answers there where the kernel has no such protocol; policies can be evaluated anyway. */
    readonly optional?: boolean | undefined;
    /** No container declares it: a Service leads there, or a probe asks it. */
    readonly undeclared?: boolean | undefined;
    readonly cause: Cause;
  }[];
  readonly readinessProbe?: ReadinessProbe | undefined;
  /** Before it has passed once, the container is not ready and its readinessProbe is not run. */
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

/**
 * The object whose controller made it, which of its templates it is of (LiveSet.hash), and its number among these. The
 * cluster's own pods have no number.
 */
export interface PodOwner {
  readonly kind: string;
  readonly name: string;
  readonly hash?: string | undefined;
  readonly ordinal?: number | undefined;
  /** From a Pod manifest's owner: it is not recreated here. */
  readonly bare?: boolean | undefined;
}

/** As the capability bandwidth of CNI has it. */
export interface PodBandwidth {
  readonly ingressRate?: number;
  readonly ingressBurst?: number;
  readonly egressRate?: number;
  readonly egressBurst?: number;
}

/** What policies select a pod by. */
export type PodIdentity = Pick<PodModel, "namespace" | "name" | "labels" | "serviceAccount">;

export interface PodModel {
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  /** Lab-internal namespace: `NAMESPACE/NAME`, `west.NAMESPACE/NAME`, or the node's name with hostNetwork. */
  readonly ns: string;
  readonly hostNetwork: boolean;
  readonly hostname: string;
  /** spec.hostname as in the manifest: only then, and with a subdomain, the pod has a DNS name of its own. */
  readonly specHostname?: string | undefined;
  readonly subdomain?: string | undefined;
  /** Pod addresses without prefix length (a hostNetwork pod's are its node's). */
  readonly address: PerFamily<string>;
  /** Interface name on the node: `veth` and 8 hex digits, or what the network plugin calls it; empty with hostNetwork. */
  readonly vethName: string;
  /** Absent: `default`. */
  readonly serviceAccount?: string | undefined;
  /** From its annotations kubernetes.io/ingress-bandwidth and egress-bandwidth: bits per second, and bits. */
  readonly bandwidth?: PodBandwidth | undefined;
  /** None: something that its volumes need does not exist, and the kubelet would start nothing. */
  readonly containers: readonly ContainerModel[];
  /** Those that programs of the pod mount. */
  readonly volumes?: readonly VolumeModel[] | undefined;
  /** Condition Ready: true unless the manifest's status, a readiness probe or the user decides otherwise. */
  readonly ready: boolean;
  /** It has a deletionTimestamp: it serves to the end, and gets no new connections while others are ready. */
  readonly terminating?: boolean | undefined;
  /** It is made by this change, and not ready before it exists. */
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
