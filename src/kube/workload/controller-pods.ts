/**
 * The pods of StatefulSets, DaemonSets, ReplicationControllers, Jobs and CronJobs: as many as their controllers begin with, with the
 * names and labels that these give (pkg/controller: statefulset/stateful_set_utils.go, daemon/util, job/job_controller.go; KEP-4017).
 */
import { sha1 } from "../../net/digest.ts";
import type { JobSpecDocument } from "../job/schema.ts";
import type { PodTemplateDocument } from "./schema.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { ManifestInput } from "../manifest-input.ts";
import { liveLabels } from "./live-state.ts";
import type { LiveState } from "./live-state.ts";
import { MAX_REPLICAS } from "../pod/pod-budget.ts";
import type { PodBudget } from "../pod/pod-budget.ts";
import { podName, templateHash } from "../pod/pod-name.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { PodDraft } from "./workload.ts";

export type ControllerDocument = Extract<
  ManifestInput,
  { kind: "StatefulSet" | "DaemonSet" | "ReplicationController" | "Job" | "CronJob" }
>;

/** What one pod has of its own beside the template. */
interface ControllerPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname?: string | undefined;
  readonly subdomain?: string | undefined;
  readonly nodeName?: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set(["StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob"]);
/** When the CronJob's Job was made, in minutes since the epoch: its name ends with it. A lab has no schedule. */
const SCHEDULED = 29_000_000;

export function isController(manifest: ManifestInput): manifest is ControllerDocument {
  return KINDS.has(manifest.kind);
}

/** An object's UID: the same for the same name. */
export function uidOf(object: string): string {
  const hex = sha1(object).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

function templateOf(manifest: ControllerDocument): {
  readonly template: PodTemplateDocument;
  readonly at: readonly string[];
} {
  return manifest.kind === "CronJob"
    ? { template: manifest.object.spec.jobTemplate.spec.template, at: ["spec", "jobTemplate", "spec", "template"] }
    : { template: manifest.object.spec.template, at: ["spec", "template"] };
}

function range(count: number, start = 0): readonly number[] {
  return Array.from({ length: Math.max(0, count) }, (_, i) => start + i);
}

/** Pods that a Job begins with: as many at once as it may, and no more than it needs. */
function jobSize({ parallelism, completions }: JobSpecDocument): number {
  return Math.min(parallelism ?? 1, completions ?? parallelism ?? 1);
}

/** How many of so many pods may be made; the field that asks for them. */
type Take = (count: number, field: string) => number;

function jobPods(
  job: string,
  spec: JobSpecDocument,
  uid: string,
  take: Take,
  generated: (base: string, index: number) => string,
): ControllerPod[] {
  const labels = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": job,
    "controller-uid": uid,
    "job-name": job,
  };
  const indexed = spec.completionMode === "Indexed";
  return range(take(jobSize(spec), "parallelism")).map((index) => ({
    name: generated(indexed ? `${job}-${index}` : job, index),
    labels: indexed ? { ...labels, "batch.kubernetes.io/job-completion-index": String(index) } : labels,
    ...(indexed ? { hostname: `${job}-${index}` } : {}),
  }));
}

/** `taken`: names in the namespace that are not free. `nodes`: where a DaemonSet's pods may be. */
function controllerPods(
  manifest: ControllerDocument,
  nodes: readonly Pick<ClusterNode, "name" | "labels">[],
  taken: { has(name: string): boolean },
  take: Take,
): readonly ControllerPod[] {
  const { kind, object } = manifest;
  const { name, uid: given } = object.metadata;
  const namespace = object.metadata.namespace ?? "default";
  const generated = (base: string, index: number): string => podName(namespace, base, index, taken);
  const uid = typeof given === "string" ? given : uidOf(`${kind} ${namespace}/${name}`);
  switch (kind) {
    case "StatefulSet": {
      const { replicas, ordinals, serviceName, template } = object.spec;
      const revision = `${name}-${templateHash(template)}`;
      return range(take(replicas ?? 1, "replicas"), ordinals?.start ?? 0).map((ordinal) => ({
        name: `${name}-${ordinal}`,
        labels: {
          "apps.kubernetes.io/pod-index": String(ordinal),
          "controller-revision-hash": revision,
          "statefulset.kubernetes.io/pod-name": `${name}-${ordinal}`,
        },
        hostname: `${name}-${ordinal}`,
        ...((serviceName ?? "") === "" ? {} : { subdomain: serviceName ?? "" }),
      }));
    }
    case "DaemonSet": {
      const { template } = object.spec;
      const labels = { "controller-revision-hash": templateHash(template), "pod-template-generation": "1" };
      const selector = Object.entries(template.spec.nodeSelector ?? {});
      const fit = nodes.filter((node) => selector.every(([key, value]) => node.labels[key] === value));
      return fit.map((node, index) => ({ name: generated(name, index), labels, nodeName: node.name }));
    }
    case "ReplicationController":
      return range(take(object.spec.replicas ?? 1, "replicas")).map((index) => ({
        name: generated(name, index),
        labels: {},
      }));
    case "Job":
      return jobPods(name, object.spec, uid, take, generated);
    case "CronJob": {
      const job = `${name}-${SCHEDULED}`;
      return jobPods(job, object.spec.jobTemplate.spec, uidOf(`Job ${namespace}/${job}`), take, generated);
    }
  }
}

/** A controller's object, with its place. */
export interface ControllerInput {
  readonly manifest: ControllerDocument;
  readonly scope: Scope;
}

/** `taken`: `NAMESPACE/NAME` of pods that are there; those of the controllers come to it. */
export function controllerDrafts(
  controllers: readonly ControllerInput[],
  nodes: readonly Pick<ClusterNode, "name" | "labels">[],
  taken: Set<string>,
  live: LiveState,
  budget: PodBudget,
): readonly PodDraft[] {
  return controllers.flatMap(({ manifest, scope }) => {
    const { kind, object } = manifest;
    const { name: own, namespace = "default" } = object.metadata;
    const { template, at } = templateOf(manifest);
    const has = (name: string): boolean => taken.has(`${namespace}/${name}`);
    // Too many replicas of one are a mistake, which the manifest's own check names.
    const take: Take = (count, field) =>
      field === "replicas" && count > MAX_REPLICAS ? 1 : budget.take(count, scope.at(...at.slice(0, -1), field));
    return controllerPods(manifest, nodes, { has }, take).flatMap(({ name, labels, hostname, subdomain, nodeName }) => {
      if (has(name)) return [];
      taken.add(`${namespace}/${name}`);
      const { spec } = template;
      return [
        {
          namespace,
          name,
          labels: liveLabels(live, `Pod ${namespace}/${name}`, { ...template.metadata?.labels, ...labels }),
          annotations: template.metadata?.annotations,
          spec: {
            ...spec,
            ...(hostname === undefined ? {} : { hostname: hostname }),
            ...(subdomain === undefined ? {} : { subdomain }),
            ...(nodeName === undefined ? {} : { nodeName }),
          },
          owner: { kind, name: own },
          object: `${kind} ${namespace}/${own}`,
          scope: scope.at("metadata", "name"),
          specScope: scope.at(...at, "spec"),
        },
      ];
    });
  });
}
