/** What resolving a cluster knows about it in a running lab. */
import type { LiveState } from "./live-state.ts";
import type { PodModel } from "../pod/pod-model.ts";

/** A cluster of a running lab, as last resolved; all in its own names. */
export interface RunningCluster {
  readonly live: LiveState;
  /** Its pods keep their nodes and addresses; `wireMtu` as in ClusterModel. */
  readonly cluster?: { readonly pods: readonly PodModel[]; readonly wireMtu?: number | undefined } | undefined;
  /** New pods are not ready yet: they get no traffic before they exist. */
  readonly gradual: boolean;
}
