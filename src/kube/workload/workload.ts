/** Which pods the manifests ask for: Pods as they are, Deployments and ReplicaSets expanded; controller-pods.ts has the others. */
import type { PodDocument } from "../pod/schema.ts";
import type { PodSpecDocument } from "../pod/pod-spec.ts";
import { isController } from "./controller-pods.ts";
import type { ControllerInput } from "./controller-pods.ts";
import type { ManifestInput } from "../manifest-input.ts";
import type { RunningLab } from "./running-lab.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import type { EndpointsInput } from "../endpoints/mirrored-endpoints.ts";
import type { NetworkPolicyModel } from "../network-policy/network-policy.ts";
import { PodBudget } from "../pod/pod-budget.ts";
import { podName } from "../pod/pod-name.ts";
import { liveLabels, UNTOUCHED } from "./live-state.ts";
import type { LiveState } from "./live-state.ts";
import { isReplicated, keptTemplate, replicaSetName, setsOf, workloadSpec } from "./replica-set.ts";
import type { ReplicaDocument } from "./replica-set.ts";
import { configData } from "../config-map/config-data.ts";
import type { ConfigData } from "../config-map/config-data.ts";
import { resolveNetworkPolicy } from "../network-policy/resolve-network-policy.ts";
import { Scope } from "../../syntax/scope.ts";
import type { Mistakes } from "../../syntax/scope.ts";
import type { NamespaceModel } from "../namespace/namespace-model.ts";
import type { PodModel, WorkloadKind } from "../pod/pod-model.ts";
import type { ServiceInput } from "../service/service-allocation.ts";
import type { SliceInput } from "../endpoint-slice/resolve-slice.ts";

/** A pod without a place and an address yet. */
export interface PodDraft {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
  readonly spec: PodSpecDocument;
  /** A Pod manifest's status. */
  readonly status?: unknown;
  /** A Pod manifest with a deletionTimestamp. */
  readonly terminating?: boolean | undefined;
  readonly owner?: PodModel["owner"];
  /** The cluster's own: has a node and an address apart from the lab's pods, so that a change of these does not move it. */
  readonly system?: boolean | undefined;
  /** The object that asks for it. */
  readonly object: string;
  readonly scope: Scope;
  /** Where its spec stands. */
  readonly specScope: Scope;
}

/** Namespaces that every cluster has from the start. */
const INITIAL_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

export interface Workloads {
  /** Set when the lab is up: what happened to it since, and its pods. */
  readonly running?: RunningLab | undefined;
  readonly namespaces: readonly NamespaceModel[];
  readonly pods: readonly PodDraft[];
  readonly policies: readonly NetworkPolicyModel[];
  readonly services: readonly ServiceInput[];
  /** The files have Services, those that were deleted since among them: a cluster keeps its DNS when its last Service goes. */
  readonly hasServices: boolean;
  readonly slices: readonly SliceInput[];
  readonly endpoints: readonly EndpointsInput[];
  readonly configs: ConfigData;
  /** Programs of images' commands that the machine does not have. */
  readonly lacking: ReadonlySet<string>;
  /** For the pods of controllers. */
  readonly budget: PodBudget;
  /** Their pods depend on the nodes. */
  readonly controllers: readonly ControllerInput[];
}

function resolveNamespaces(manifests: readonly ManifestInput[], live: LiveState): NamespaceModel[] {
  const labels = new Map<string, Readonly<Record<string, string>>>(INITIAL_NAMESPACES.map((name) => [name, {}]));
  for (const manifest of manifests) {
    if (manifest.kind === "Namespace") labels.set(manifest.object.metadata.name, manifest.object.metadata.labels ?? {});
  }
  return [...labels].map(([name, own]) => ({
    name,
    labels: { ...liveLabels(live, `Namespace ${name}`, own), "kubernetes.io/metadata.name": name },
  }));
}

/** Tells namespaces that nobody made. */
function checkNamespaces(
  manifests: readonly ManifestInput[],
  namespaces: readonly NamespaceModel[],
  mistakes: Mistakes,
): void {
  const names = namespaces.map((n) => n.name);
  for (const manifest of manifests) {
    const scope = new Scope(mistakes, manifest.locate, manifest.path).at("metadata");
    const namespace = manifest.object.metadata.namespace ?? "default";
    if (manifest.kind !== "Namespace" && manifest.kind !== "Node" && !names.includes(namespace)) {
      scope
        .at("namespace")
        .dangling(
          `namespaces "${namespace}" not found`,
          `add a manifest { apiVersion: v1, kind: Namespace, metadata: { name: ${namespace} } }; ${didYouMean(namespace, names, "there are") ?? ""}`,
        );
    }
  }
}

/** The pods of a Deployment or ReplicaSet: of each set that it has now, under the names that they were given. */
function expand(
  manifest: ReplicaDocument,
  scope: Scope,
  taken: Set<string>,
  live: LiveState,
  budget: PodBudget,
): PodDraft[] {
  const { metadata, spec } = manifest.object;
  const own = workloadSpec(manifest);
  const { namespace } = own;
  const pods: PodDraft[] = [];
  for (const set of setsOf(own, live)) {
    if (budget.take(set.ordinals.length, scope.at("spec", "replicas")) < set.ordinals.length) continue;
    const replicaSet = replicaSetName(own, set);
    const specScope = scope.at("spec", "template", "spec");
    for (const ordinal of set.ordinals) {
      const name = podName(namespace, replicaSet, ordinal, {
        has: (candidate) => taken.has(`${namespace}/${candidate}`),
      });
      taken.add(`${namespace}/${name}`);
      const kept = keptTemplate(set, ordinal);
      const template = kept ?? spec.template;
      const labels = { ...template.metadata?.labels, ...(set.hash === "" ? {} : { "pod-template-hash": set.hash }) };
      pods.push({
        namespace,
        name,
        labels: liveLabels(live, `Pod ${namespace}/${name}`, labels),
        annotations: template.metadata?.annotations,
        spec: template.spec,
        owner: { kind: manifest.kind, name: metadata.name, hash: set.hash, ordinal },
        object: `${manifest.kind} ${namespace}/${metadata.name}`,
        scope: scope.at("metadata", "name"),
        // The file no longer says it: a mistake there is not this pod's.
        specScope: kept === undefined ? specScope : specScope.muted(),
      });
    }
  }
  return pods;
}

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

const OWNERS: ReadonlySet<string> = new Set<WorkloadKind>([
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "ReplicationController",
  "Job",
  "CronJob",
]);

/** Whose pod it is in the cluster that it comes from. */
function givenOwner(references: unknown): Pick<PodDraft, "owner"> {
  if (!Array.isArray(references)) return {};
  const all = references as readonly {
    readonly kind?: unknown;
    readonly name?: unknown;
    readonly controller?: unknown;
  }[];
  const found = all.find((one) => one.controller === true);
  if (found === undefined || typeof found.name !== "string" || !OWNERS.has(String(found.kind))) return {};
  return { owner: { kind: found.kind as WorkloadKind, name: found.name, bare: true } };
}

/** `Pod default/client`: how a manifest's object is called in a lab's live state. */
function objectName({ kind, object: { metadata } }: ManifestInput): string {
  const namespace = kind === "Namespace" ? "" : `${(metadata as { namespace?: string }).namespace ?? "default"}/`;
  return `${kind} ${namespace}${metadata.name}`;
}

export function resolveWorkloads(
  manifests: readonly ManifestInput[],
  mistakes: Mistakes,
  running?: RunningLab,
  lacking: ReadonlySet<string> = new Set(),
): Workloads {
  const live = running?.live ?? UNTOUCHED;
  const namespaces = resolveNamespaces(manifests, live);
  const deleted = new Set(live.deleted);
  const kept = manifests.filter((manifest) => !deleted.has(objectName(manifest)));
  checkNamespaces(kept, namespaces, mistakes);
  const taken = new Set<string>();
  for (const manifest of kept) {
    if (manifest.kind === "Pod")
      taken.add(`${manifest.object.metadata.namespace ?? "default"}/${manifest.object.metadata.name}`);
  }
  const pods: PodDraft[] = [];
  const budget = new PodBudget();
  const services: ServiceInput[] = [];
  const slices: SliceInput[] = [];
  const endpoints: EndpointsInput[] = [];
  const controllers: ControllerInput[] = [];
  const policies: NetworkPolicyModel[] = [];
  for (const manifest of kept) {
    const scope = new Scope(mistakes, manifest.locate, manifest.path);
    if (manifest.kind === "Namespace" || manifest.kind === "Node") continue;
    if (manifest.kind === "ConfigMap" || manifest.kind === "Secret") continue;
    if (manifest.kind === "Service") {
      services.push({ object: manifest.object, scope });
      continue;
    }
    if (manifest.kind === "EndpointSlice") {
      slices.push({ object: manifest.object, scope });
      continue;
    }
    if (manifest.kind === "Endpoints") {
      endpoints.push({ object: manifest.object, scope });
      continue;
    }
    if (manifest.kind === "NetworkPolicy") {
      policies.push(resolveNetworkPolicy(manifest.object, scope));
      continue;
    }
    if (isController(manifest)) {
      controllers.push({ manifest, scope });
      continue;
    }
    const namespace = manifest.object.metadata.namespace ?? "default";
    if (isReplicated(manifest)) {
      pods.push(...expand(manifest, scope, taken, live, budget));
      continue;
    }
    if (isOver(manifest.object, scope)) continue;
    const { name, labels, deletionTimestamp } = manifest.object.metadata;
    pods.push({
      namespace,
      name,
      labels: liveLabels(live, `Pod ${namespace}/${name}`, labels ?? {}),
      annotations: manifest.object.metadata.annotations,
      spec: manifest.object.spec,
      status: manifest.object.status,
      ...givenOwner(manifest.object.metadata.ownerReferences),
      ...(deletionTimestamp === undefined || deletionTimestamp === null ? {} : { terminating: true }),
      object: `Pod ${namespace}/${name}`,
      scope: scope.at("metadata", "name"),
      specScope: scope.at("spec"),
    });
  }
  const hasServices = manifests.some(({ kind }) => kind === "Service");
  const configs = configData(kept);
  return {
    running,
    namespaces,
    pods,
    policies,
    services,
    hasServices,
    slices,
    endpoints,
    budget,
    controllers,
    lacking,
    configs,
  };
}
