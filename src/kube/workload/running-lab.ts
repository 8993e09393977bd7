/** What resolving knows of the lab when it is up already. */
import type { LiveState } from "./live-state.ts";
import type { PodModel } from "../pod/pod-model.ts";

/** A lab that is up, as it was last resolved. */
export interface RunningLab {
  readonly live: LiveState;
  /** Its pods keep their nodes and addresses; `wireMtu` as in ClusterModel. */
  readonly cluster?: { readonly pods: readonly PodModel[]; readonly wireMtu?: number | undefined } | undefined;
  /** Pods that are new are not ready yet: they get no traffic before they are there. */
  readonly gradual: boolean;
}
