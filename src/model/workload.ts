/** Which pods the manifests ask for: Pods as they are, Deployments and ReplicaSets expanded. */
import type { PodSpecDocument } from "../schema/manifests/pod-spec.ts";
import type { ManifestInput } from "./input.ts";
import { didYouMean } from "./nearest.ts";
import { podName, templateHash } from "./pod-name.ts";
import { Scope } from "./scope.ts";
import type { Mistakes } from "./scope.ts";
import type { NamespaceModel, PodModel } from "./cluster.ts";

/** A pod without a place and an address yet. */
export interface PodDraft {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpecDocument;
  readonly owner?: PodModel["owner"];
  /** The object that asks for it. */
  readonly object: string;
  readonly scope: Scope;
  /** Where its spec stands. */
  readonly specScope: Scope;
}

/** Namespaces that every cluster has from the start. */
const INITIAL_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

export interface Workloads {
  readonly namespaces: readonly NamespaceModel[];
  readonly pods: readonly PodDraft[];
  /** Names for targets, also of workloads with no pods. */
  readonly workloads: readonly {
    readonly kind: "Deployment" | "ReplicaSet";
    readonly namespace: string;
    readonly name: string;
  }[];
}

function resolveNamespaces(manifests: readonly ManifestInput[]): NamespaceModel[] {
  const labels = new Map<string, Readonly<Record<string, string>>>(INITIAL_NAMESPACES.map((name) => [name, {}]));
  for (const manifest of manifests) {
    if (manifest.kind === "Namespace") labels.set(manifest.object.metadata.name, manifest.object.metadata.labels ?? {});
  }
  return [...labels].map(([name, own]) => ({ name, labels: { ...own, "kubernetes.io/metadata.name": name } }));
}

/** Tells objects of one kind with one name, and namespaces that nobody made. */
function checkObjects(
  manifests: readonly ManifestInput[],
  namespaces: readonly NamespaceModel[],
  mistakes: Mistakes,
): Set<ManifestInput> {
  const names = namespaces.map((n) => n.name);
  const seen = new Map<string, Scope>();
  const usable = new Set<ManifestInput>();
  for (const manifest of manifests) {
    const scope = new Scope(mistakes, manifest.locate, manifest.path).at("metadata");
    const namespaced = manifest.kind !== "Namespace";
    const namespace = manifest.object.metadata.namespace ?? "default";
    const { name } = manifest.object.metadata;
    if (namespaced && !names.includes(namespace)) {
      scope
        .at("namespace")
        .dangling(
          `namespaces "${namespace}" not found`,
          `add a manifest { apiVersion: v1, kind: Namespace, metadata: { name: ${namespace} } }; ${didYouMean(namespace, names, "there are") ?? ""}`,
        );
    }
    const key = `${manifest.kind} ${namespaced ? `${namespace}/` : ""}${name}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, scope);
      usable.add(manifest);
      continue;
    }
    const at = first.at("name").source();
    scope
      .at("name")
      .error(
        `duplicate ${manifest.kind} "${name}"`,
        `it stands already in ${at.file}:${at.line}; names are unique within a namespace`,
      );
  }
  return usable;
}

type ReplicaDocument = Extract<ManifestInput, { kind: "Deployment" | "ReplicaSet" }>;

function expand(manifest: ReplicaDocument, scope: Scope, taken: Set<string>): PodDraft[] {
  const { metadata, spec } = manifest.object;
  const namespace = metadata.namespace ?? "default";
  const { template } = spec;
  const hash = manifest.kind === "Deployment" ? templateHash(template) : undefined;
  const replicaSet = hash === undefined ? metadata.name : `${metadata.name}-${hash}`;
  const pods: PodDraft[] = [];
  for (let i = 0; i < (spec.replicas ?? 1); i++) {
    const name = podName(namespace, replicaSet, i, { has: (candidate) => taken.has(`${namespace}/${candidate}`) });
    taken.add(`${namespace}/${name}`);
    pods.push({
      namespace,
      name,
      labels: { ...template.metadata?.labels, ...(hash === undefined ? {} : { "pod-template-hash": hash }) },
      spec: template.spec,
      owner: { kind: manifest.kind, name: metadata.name },
      object: `${manifest.kind} ${namespace}/${metadata.name}`,
      scope: scope.at("metadata", "name"),
      specScope: scope.at("spec", "template", "spec"),
    });
  }
  return pods;
}

export function resolveWorkloads(manifests: readonly ManifestInput[], mistakes: Mistakes): Workloads {
  const namespaces = resolveNamespaces(manifests);
  const usable = checkObjects(manifests, namespaces, mistakes);
  const taken = new Set<string>();
  for (const manifest of usable) {
    if (manifest.kind === "Pod")
      taken.add(`${manifest.object.metadata.namespace ?? "default"}/${manifest.object.metadata.name}`);
  }
  const pods: PodDraft[] = [];
  const workloads: Workloads["workloads"][number][] = [];
  for (const manifest of usable) {
    const scope = new Scope(mistakes, manifest.locate, manifest.path);
    if (manifest.kind === "Namespace") continue;
    const namespace = manifest.object.metadata.namespace ?? "default";
    if (manifest.kind !== "Pod") {
      workloads.push({ kind: manifest.kind, namespace, name: manifest.object.metadata.name });
      pods.push(...expand(manifest, scope, taken));
      continue;
    }
    const { name, labels } = manifest.object.metadata;
    pods.push({
      namespace,
      name,
      labels: labels ?? {},
      spec: manifest.object.spec,
      object: `Pod ${namespace}/${name}`,
      scope: scope.at("metadata", "name"),
      specScope: scope.at("spec"),
    });
  }
  return { namespaces, pods, workloads };
}
