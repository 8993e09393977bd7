/** Deployments and ReplicaSets of the manifests as their controllers see them, and the pods that they have. */
import type { ManifestInput } from "../manifest-input.ts";
import { labelSelector } from "../label-selector.ts";
import type { LiveSet, LiveState, LiveWorkload } from "./live-state.ts";
import type { LabelSelector } from "../network-policy/network-policy.ts";
import { MAX_REPLICAS } from "../pod/pod-budget.ts";
import { templateHash } from "../pod/pod-name.ts";
import type { PodTemplateDocument } from "./schema.ts";
import type { DeploymentStrategy } from "../deployment/rollout.ts";
import { deploymentStrategy } from "../deployment/rollout.ts";

export type ReplicaDocument = Extract<ManifestInput, { kind: "Deployment" | "ReplicaSet" }>;

export interface WorkloadSpec {
  readonly kind: "Deployment" | "ReplicaSet";
  readonly namespace: string;
  readonly name: string;
  /** `Deployment NAMESPACE/NAME`. */
  readonly key: string;
  /** As the manifest says; 1 where it does not. */
  readonly replicas: number;
  readonly replicasGiven: boolean;
  readonly paused: boolean;
  readonly selector: LabelSelector;
  readonly strategy: DeploymentStrategy;
  /** Seconds without progress after which a rollout has failed, where the manifest says it. */
  readonly progressDeadline?: number | undefined;
  /** minReadySeconds, where it is not 0. */
  readonly minReady?: number | undefined;
  readonly template: PodTemplateDocument;
  /** pod-template-hash of its template, restarted at that time. */
  hash(restartedAt: string | undefined): string;
}

/** `kubectl rollout restart` writes when; another template is another ReplicaSet. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

export function isReplicated(manifest: ManifestInput): manifest is ReplicaDocument {
  return manifest.kind === "Deployment" || manifest.kind === "ReplicaSet";
}

export function workloadKey(manifest: ReplicaDocument): string {
  return `${manifest.kind} ${manifest.object.metadata.namespace ?? "default"}/${manifest.object.metadata.name}`;
}

function hashOf(manifest: ReplicaDocument, restartedAt: string | undefined): string {
  if (manifest.kind === "ReplicaSet") return "";
  const { template } = manifest.object.spec;
  if (restartedAt === undefined) return templateHash(template);
  const annotations = { ...template.metadata?.annotations, [RESTARTED_AT]: restartedAt };
  return templateHash({ ...template, metadata: { ...template.metadata, annotations } });
}

function progressDeadline(manifest: ReplicaDocument): Pick<WorkloadSpec, "progressDeadline"> {
  const seconds = manifest.kind === "Deployment" ? manifest.object.spec.progressDeadlineSeconds : undefined;
  return seconds === undefined || seconds === null ? {} : { progressDeadline: seconds };
}

export function workloadSpec(manifest: ReplicaDocument): WorkloadSpec {
  const { metadata, spec } = manifest.object;
  return {
    kind: manifest.kind,
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    key: workloadKey(manifest),
    // More is a mistake, which the manifest's own check names.
    replicas: (spec.replicas ?? 1) > MAX_REPLICAS ? 1 : (spec.replicas ?? 1),
    replicasGiven: typeof spec.replicas === "number",
    paused: manifest.kind === "Deployment" && manifest.object.spec.paused === true,
    selector: labelSelector(spec.selector),
    ...progressDeadline(manifest),
    ...((spec.minReadySeconds ?? 0) > 0 ? { minReady: spec.minReadySeconds ?? 0 } : {}),
    template: spec.template,
    strategy: deploymentStrategy(manifest.kind === "Deployment" ? manifest.object.spec.strategy : undefined),
    hash: (restartedAt) => hashOf(manifest, restartedAt),
  };
}

export function workloadSpecs(manifests: readonly ManifestInput[]): readonly WorkloadSpec[] {
  return manifests.filter(isReplicated).map(workloadSpec);
}

export function newSet(hash: string, replicas: number, restartedAt?: string): LiveSet {
  return {
    hash,
    ...(restartedAt === undefined ? {} : { restartedAt }),
    replicas,
    ordinals: Array.from({ length: replicas }, (_, i) => i),
    next: replicas,
  };
}

/** The ReplicaSets of a workload: as they are now, or as its manifest begins with. */
export function setsOf(spec: WorkloadSpec, live: LiveState): readonly LiveSet[] {
  const workload = live.workloads[spec.key];
  return workload !== undefined && workload.sets.length > 0
    ? workload.sets
    : [newSet(spec.hash(workload?.restartedAt), workload?.replicas ?? spec.replicas, workload?.restartedAt)];
}

/** What the pod with this number is made of, where the file no longer says it. */
export function keptTemplate(set: LiveSet, ordinal: number): PodTemplateDocument | undefined {
  return set.template ?? set.older?.find(({ before }) => ordinal < before)?.template;
}

/** The last one is of the template that is asked for: a new ReplicaSet, or one that has it already (a rollback). */
export function withNewest(
  sets: readonly LiveSet[],
  hash: string,
  known: LiveWorkload | undefined,
): readonly LiveSet[] {
  if (sets.at(-1)?.hash === hash) return sets;
  const found = sets.find((set) => set.hash === hash);
  const fresh = { ...newSet(hash, 0, known?.restartedAt), next: known?.retired?.[hash] ?? 0 };
  return [...sets.filter((set) => set !== found), found ?? fresh];
}

/** `web-6d4cf56db6`, or the ReplicaSet's own name. */
export function replicaSetName(spec: Pick<WorkloadSpec, "name">, set: Pick<LiveSet, "hash">): string {
  return set.hash === "" ? spec.name : `${spec.name}-${set.hash}`;
}

/** As a target: `deploy/web`, `rs/prod/db`. */
export function workloadText(spec: Pick<WorkloadSpec, "kind" | "namespace" | "name">): string {
  return `${spec.kind === "Deployment" ? "deploy" : "rs"}/${spec.namespace === "default" ? "" : `${spec.namespace}/`}${spec.name}`;
}
