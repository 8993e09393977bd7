/** The workloads of the manifests as their controllers see them. */
import type { ManifestInput } from "../manifest-input.ts";
import type { ObjectMeta } from "../metadata.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import { MAX_REPLICAS } from "../pod/pod-budget.ts";
import { templateHash, uidOf } from "../pod/pod-name.ts";
import { manifestKind, WORKLOAD_KINDS, type AnyKind } from "../registry.ts";
import type { PodTemplateDocument } from "./schema.ts";
import type { WorkloadKind, WorkloadNames, WorkloadSpec } from "./workload-kind.ts";
import { kindedName } from "../../net/object-ref.ts";

/** `kubectl rollout restart` writes when; another template is another revision. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

function hashOf(template: PodTemplateDocument, restartedAt: string | undefined): string {
  if (restartedAt === undefined) return templateHash(template);
  const annotations = { ...template.metadata?.annotations, [RESTARTED_AT]: restartedAt };
  return templateHash({ ...template, metadata: { ...template.metadata, annotations } });
}

function namesOf({ kind, words, workload }: AnyKind): WorkloadNames {
  return {
    kind,
    words,
    ...(workload?.scales === true ? { scales: true } : {}),
    ...(workload?.restarts === true ? { restarts: true } : {}),
    ...(workload?.stable === true ? { stable: true } : {}),
  };
}

/** Of all kinds whose controllers make pods. */
export const WORKLOAD_NAMES: readonly WorkloadNames[] = WORKLOAD_KINDS.map(namesOf);

/** `object`: one of this kind. */
export function specOf(
  kind: AnyKind,
  workload: WorkloadKind<unknown>,
  object: unknown,
  nodes: readonly ClusterNode[],
): WorkloadSpec {
  const { name, namespace = "default", uid } = (object as { readonly metadata: ObjectMeta }).metadata;
  const key = kindedName(kind.kind, { namespace, name });
  const { minReady, ...own } = workload.workload(object, nodes);
  return {
    ...namesOf(kind),
    ...own,
    ...((minReady ?? 0) > 0 ? { minReady: minReady ?? 0 } : {}),
    // More is a mistake, which the manifest's own check reports.
    replicas: own.replicas > MAX_REPLICAS ? 1 : own.replicas,
    namespace,
    name,
    key,
    uid: typeof uid === "string" ? uid : uidOf(key),
    hash: (restartedAt) => hashOf(own.template, restartedAt),
  };
}

export function workloadSpecs(
  manifests: readonly ManifestInput[],
  nodes: readonly ClusterNode[],
): readonly WorkloadSpec[] {
  return manifests.flatMap((manifest) => {
    const kind = manifestKind(manifest.kind);
    return kind?.workload === undefined ? [] : [specOf(kind, kind.workload, manifest.object, nodes)];
  });
}
