/** What a kind whose controller makes pods is: its fields, and what its controller does. */
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
  /** `kubectl scale` accepts it: it has the subresource. */
  readonly scales?: true | undefined;
  /** `kubectl rollout restart` accepts it. */
  readonly restarts?: true | undefined;
  /** A replaced pod keeps its name, and so its live state. */
  readonly stable?: true | undefined;
}

export interface WorkloadKind<T> extends Omit<WorkloadNames, "kind" | "words"> {
  /** The path of the pod template in a manifest. */
  readonly template: Path;
  /** The path of the number of pods; absent: the nodes decide. */
  readonly count?: Path;
  /** Other paths that determine labels and names of its pods, for `policy`. */
  readonly identity?: readonly Path[];
  /** Each of its pods may have labels of its own; `value`: a manifest whose shape was not checked. */
  distinct?(value: unknown): boolean;
  /** Possible owners of such an object (a ReplicaSet's Deployment), and what is appended to their name. */
  readonly madeBy?: { readonly kind: string; readonly suffix: RegExp };
  /** An object as its controller sees it. `nodes`: those of the cluster. */
  workload(object: T, nodes: readonly ClusterNode[]): OwnSpec;
}

/** A kind's description of one of its objects; workload-spec.ts adds what follows from its metadata. */
export interface OwnSpec {
  /** Number of requested pods; 1 if the manifest does not set it. */
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
  /** Absent: the default cluster. */
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly name: string;
  /** `Deployment NAMESPACE/NAME`: unique in its cluster. */
  readonly key: string;
  /** metadata.uid, or one that follows from kind and name. */
  readonly uid: string;
  readonly minReady?: number | undefined;
  /** Hash of its template, restarted at that time (RFC 3339). */
  hash(restartedAt: string | undefined): string;
}

/** What one pod has besides the template. */
export interface PodIdentity {
  /** Its name; absent: generated from `base`. */
  readonly name?: string | undefined;
  readonly base: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly spec?: Partial<PodSpecDocument> | undefined;
  /** As in PodDraft. */
  readonly perNode?: true | undefined;
}

/** A workload in one round of the controllers. */
export interface RoundView {
  readonly spec: WorkloadSpec;
  readonly known: LiveWorkload | undefined;
  /** How many pods are requested now. */
  readonly replicas: number;
  /** Hash of the template that is requested now. */
  readonly hash: string;
  readonly sets: readonly LiveSet[];
  readonly live: LiveState;
  readonly pods: readonly PodModel[];
}

/** How far the pods are from the requested state. */
export interface Progress {
  /** Pods of the requested template, and how many of them are available. */
  readonly updated: number;
  readonly available: number;
  /** Pods of older templates that must be removed and do not terminate yet. */
  readonly old: number;
  /** Everything is as requested. */
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
  /** The initial pods of a lab, when all of them are ready. */
  begin(hash: string, replicas: number, restartedAt: string | undefined): LiveSet;
  /** Undefined: it has gone with its node. */
  pod(spec: WorkloadSpec, set: LiveSet, ordinal: number): PodIdentity | undefined;
  /** One round; sets without pods and without further state are removed afterwards. */
  step(view: RoundView): NextSets;
  progress(view: RoundView): Progress;
  /** Pods are being replaced because of another template. */
  isRolling(view: Omit<RoundView, "pods">): boolean;
  /** How it replaces pods: `RollingUpdate: at most 4, at least 3 of them ready`. */
  strategy(spec: WorkloadSpec, replicas: number): string;
  /** What a template's revision is called: `web-6d4cf56db6`. */
  revision(spec: Pick<WorkloadSpec, "name">, hash: string): string;
}
