/** What a kind whose controller makes pods is: where it keeps what, and what its controller does. */
import type { Path } from "../../syntax/path.ts";
import type { LabelSelector } from "../network-policy/network-policy.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodSpecDocument } from "../pod/pod-spec.ts";
import type { PodModel } from "../pod/pod-model.ts";
import type { LiveSet, LiveState, LiveWorkload } from "./live-state.ts";
import type { PodTemplateDocument } from "./schema.ts";

/** What commands on a running lab need of a kind; kept with the lab, so that they load no schemas. */
export interface WorkloadNames {
  readonly kind: string;
  /** As in ManifestKind. */
  readonly words: readonly [string, ...string[]];
  /** `kubectl scale` takes it: it has the subresource. */
  readonly scales?: true | undefined;
  /** `kubectl rollout restart` takes it. */
  readonly restarts?: true | undefined;
  /** A pod that is replaced keeps its name, and so what is said of it. */
  readonly stable?: true | undefined;
}

export interface WorkloadKind<T> extends Omit<WorkloadNames, "kind" | "words"> {
  /** Where the pod template stands in a manifest. */
  readonly template: Path;
  /** Where the number of pods stands; absent: the nodes decide. */
  readonly count?: Path;
  /** What else says which labels and names its pods have, for `policy`. */
  readonly identity?: readonly Path[];
  /** Its pods may have labels of their own each; `value`: a manifest whose shape was not looked at. */
  distinct?(value: unknown): boolean;
  /** Whose objects such an object may be (a ReplicaSet's Deployment), and what is added to their name. */
  readonly madeBy?: { readonly kind: string; readonly suffix: RegExp };
  /** An object as its controller sees it. `nodes`: those of the cluster. */
  workload(object: T, nodes: readonly ClusterNode[]): OwnSpec;
}

/** What a kind says of one of its objects; workload-spec.ts adds what follows from its metadata. */
export interface OwnSpec {
  /** Number of pods that are asked for; 1 where the manifest does not say it. */
  readonly replicas: number;
  /** The manifest says it. */
  readonly replicasGiven: boolean;
  readonly paused?: boolean | undefined;
  readonly selector: LabelSelector;
  /** Seconds without progress after which a rollout has failed, where the manifest says it. */
  readonly progressDeadline?: number | undefined;
  /** minReadySeconds. */
  readonly minReady?: number | null | undefined;
  readonly template: PodTemplateDocument;
  /** Another template is another object: the API server refuses to change it. */
  readonly immutable?: true | undefined;
  readonly controller: Controller;
}

export interface WorkloadSpec extends OwnSpec, WorkloadNames {
  readonly namespace: string;
  readonly name: string;
  /** `Deployment NAMESPACE/NAME`. */
  readonly key: string;
  /** metadata.uid, or one that follows from kind and name. */
  readonly uid: string;
  readonly minReady?: number | undefined;
  /** Hash of its template, restarted at that time (RFC 3339). */
  hash(restartedAt: string | undefined): string;
}

/** What one pod has of its own beside the template. */
export interface PodIdentity {
  /** Its name; absent: generated from `base`. */
  readonly name?: string | undefined;
  readonly base: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpecDocument> | undefined;
  /** As in PodDraft. */
  readonly perNode?: true | undefined;
}

/** A workload in one round of the controllers. */
export interface RoundView {
  readonly spec: WorkloadSpec;
  readonly known: LiveWorkload | undefined;
  /** How many pods are asked for now. */
  readonly replicas: number;
  /** Of the template that is asked for now. */
  readonly hash: string;
  readonly sets: readonly LiveSet[];
  readonly live: LiveState;
  readonly pods: readonly PodModel[];
}

/** How far the pods are from what is asked for. */
export interface Progress {
  /** Pods of the template that is asked for, and how many of them are available. */
  readonly updated: number;
  readonly available: number;
  /** Pods of older templates that must go and do not terminate yet. */
  readonly old: number;
  /** All is as it was asked for. */
  readonly complete: boolean;
}

export interface NextSets {
  readonly sets: readonly LiveSet[];
  /** Pods to delete: `NAMESPACE/NAME`. */
  readonly terminate: readonly string[];
  /** As in LiveWorkload; absent: it is the newest. */
  readonly current?: string | undefined;
}

export interface Controller {
  /** The pods that a lab begins with, when all of them have got ready. */
  begin(hash: string, replicas: number, restartedAt: string | undefined): LiveSet;
  /** Undefined: it has gone with its node. */
  pod(spec: WorkloadSpec, set: LiveSet, ordinal: number): PodIdentity | undefined;
  /** One round; sets without pods that say nothing more are taken away afterwards. */
  step(view: RoundView): NextSets;
  progress(view: RoundView): Progress;
  /** Pods are being replaced because of another template. */
  isRolling(view: Omit<RoundView, "pods">): boolean;
  /** How it replaces pods: `RollingUpdate: at most 4, at least 3 of them ready`. */
  strategy(spec: WorkloadSpec, replicas: number): string;
  /** What a template's revision is called: `web-6d4cf56db6`. */
  revision(spec: Pick<WorkloadSpec, "name">, hash: string): string;
}
