/** What resolving a cluster knows about it in a running lab. */
import type { Cause } from "../../cause.ts";
import type { Attached } from "../../resources/cni/attached.ts";
import type { LiveState } from "./live-state.ts";
import type { ServiceModel } from "../service/service.ts";
import type { PodModel } from "../pod/pod-model.ts";

/** A cluster of a running lab, as last resolved; all in its own names. */
export interface RunningCluster {
  readonly live: LiveState;
  /** By the pod's namespace in this cluster: addresses that CNI plugins have given. */
  readonly attached?: ReadonlyMap<string, Attached> | undefined;
  /** Its pods keep their nodes and addresses, its Services their load-balancer addresses; `wireMtu` and `cni`, the network plugin's settings, as in ClusterModel. */
  readonly cluster?:
    | {
        readonly pods: readonly PodModel[];
        readonly services: readonly ServiceModel[];
        readonly wireMtu?: number | undefined;
        readonly cni: { readonly plugin: string; readonly cause: Cause };
      }
    | undefined;
  /** New pods are not ready yet: they get no traffic before they exist. */
  readonly gradual: boolean;
}
