/** Pod manifests. */
import * as z from "zod";
import { anything } from "../../syntax/scalar.ts";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import type { PodDraft } from "./pod-draft.ts";
import { checkPodSpec, podSpec } from "./pod-spec.ts";
import type { Scope } from "../../syntax/scope.ts";
import { liveLabels } from "../workload/live-state.ts";
import { kindedName } from "../../net/object-ref.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Pod"),
    metadata: objectMeta,
    spec: podSpec,
    status: anything,
  }),
);

export type PodDocument = z.infer<typeof schema>;

/** A Pod whose status says that its containers have ended for good: its sandbox is gone and its address free. */
function isOver(pod: PodDocument, scope: Scope): boolean {
  const phase = (pod.status as { readonly phase?: unknown } | null | undefined)?.phase;
  if (phase !== "Succeeded" && phase !== "Failed") return false;
  const { namespace = "default", name } = pod.metadata;
  scope
    .at("status", "phase")
    .warn(
      `pod ${namespace}/${name} is not built: a pod in phase ${phase} has no network`,
      "remove its status so that it runs",
    );
  return true;
}

/** The workload that made it in its original cluster. */
function givenOwner(references: unknown, isWorkload: (kind: string) => boolean): Pick<PodDraft, "owner"> {
  if (!Array.isArray(references)) return {};
  const all = references as readonly {
    readonly kind?: unknown;
    readonly name?: unknown;
    readonly controller?: unknown;
  }[];
  const found = all.find((one) => one.controller === true);
  if (found === undefined || typeof found.name !== "string" || !isWorkload(String(found.kind))) return {};
  return { owner: { kind: String(found.kind), name: found.name, bare: true } };
}

export const podKind: ManifestKind<"Pod", PodDocument> = {
  kind: "Pod",
  apiVersion: "v1",
  words: ["po", "pod", "pods"],
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkPodSpec(object.spec, ["spec"], report);
  },
  resolve(object, scope, { live, pods, isWorkload }) {
    if (isOver(object, scope)) return;
    const { name, namespace = "default", labels, annotations, deletionTimestamp, ownerReferences } = object.metadata;
    pods.push({
      namespace,
      name,
      labels: liveLabels(live, kindedName("Pod", { namespace, name }), labels ?? {}),
      annotations,
      spec: object.spec,
      status: object.status,
      ...givenOwner(ownerReferences, isWorkload),
      ...(deletionTimestamp === undefined || deletionTimestamp === null ? {} : { terminating: true }),
      object: kindedName("Pod", { namespace, name }),
      scope: scope.at("metadata", "name"),
      specScope: scope.at("spec"),
    });
  },
};
