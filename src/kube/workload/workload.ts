/** The combined content of a lab's manifests: namespaces, pods and what makes them, Services, policies. */
import type { ClusterObjects } from "../cluster-objects.ts";
import type { ManifestInput } from "../manifest-input.ts";
import type { RunningCluster } from "./running-lab.ts";
import { noMetallbObjects } from "../metallb/metallb-objects.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { PodBudget } from "../pod/pod-budget.ts";
import { isWorkloadKind, manifestKind } from "../registry.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import { liveLabels, UNTOUCHED } from "./live-state.ts";
import type { LiveState } from "./live-state.ts";
import type { ConfigData } from "../config-map/config-data.ts";
import { Scope } from "../../syntax/scope.ts";
import type { DiagnosticList } from "../../syntax/scope.ts";
import type { NamespaceModel } from "../namespace/namespace-model.ts";
import type { WorkloadNames, WorkloadSpec } from "./workload-kind.ts";
import { specOf, WORKLOAD_NAMES } from "./workload-spec.ts";

/** Namespaces that every cluster has from the start. */
const INITIAL_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

export interface Workloads extends Omit<ClusterObjects, "namespaces" | "live" | "isWorkload"> {
  /** Set when the lab is up: what happened to it since, and its pods. */
  readonly running?: RunningCluster | undefined;
  readonly namespaces: readonly NamespaceModel[];
  /** The files have Services, including those deleted since: a cluster keeps its DNS when its last Service goes. */
  readonly hasServices: boolean;
  readonly configs: ConfigData & ClusterObjects["configs"];
  /** Programs of images' commands that the machine does not have. */
  readonly lacking: ReadonlySet<string>;
  /** For the pods of controllers. */
  readonly budget: PodBudget;
  /** Of all kinds whose controllers make pods. */
  readonly kinds: readonly WorkloadNames[];
}

function namespaceModels({ namespaces }: ClusterObjects, live: LiveState): NamespaceModel[] {
  return [...namespaces].map(([name, own]) => ({
    name,
    labels: { ...liveLabels(live, `Namespace ${name}`, own), "kubernetes.io/metadata.name": name },
  }));
}

/** Names namespaces that no manifest makes. */
function checkNamespaces(
  manifests: readonly ManifestInput[],
  names: readonly string[],
  mistakes: DiagnosticList,
): void {
  for (const manifest of manifests) {
    const scope = new Scope(mistakes, manifest.locate, manifest.path).at("metadata");
    const namespace = manifest.object.metadata.namespace ?? "default";
    if (manifestKind(manifest.kind)?.namespaced === true && !names.includes(namespace)) {
      scope
        .at("namespace")
        .dangling(
          `namespaces "${namespace}" not found`,
          `add a manifest { apiVersion: v1, kind: Namespace, metadata: { name: ${namespace} } }; ${didYouMean(namespace, names, "there are") ?? ""}`,
        );
    }
  }
}

/** `Pod default/client`: how a manifest's object is called in a lab's live state. */
export function objectName({ kind, object: { metadata } }: ManifestInput): string {
  const namespace = manifestKind(kind)?.namespaced === true ? `${metadata.namespace ?? "default"}/` : "";
  return `${kind} ${namespace}${metadata.name}`;
}

export function resolveWorkloads(
  manifests: readonly ManifestInput[],
  mistakes: DiagnosticList,
  running?: RunningCluster,
  lacking: ReadonlySet<string> = new Set(),
): Workloads {
  const live = running?.live ?? UNTOUCHED;
  const deleted = new Set(live.deleted);
  const kept = manifests.filter((manifest) => !deleted.has(objectName(manifest)));
  const objects: ClusterObjects = {
    live,
    isWorkload: isWorkloadKind,
    namespaces: new Map(INITIAL_NAMESPACES.map((name) => [name, {}])),
    nodeTaints: new Map(),
    nodeAnnotations: new Map(),
    pods: [],
    policies: [],
    clusterPolicies: [],
    calico: { policies: [], tiers: [], networkSets: [], hostEndpoints: [], references: [] },
    serviceAccounts: [],
    ipPools: [],
    eniConfigs: [],
    securityGroupPolicies: [],
    bgp: { configurations: [], peers: [], filters: [] },
    metallb: noMetallbObjects(),
    services: [],
    slices: [],
    endpoints: [],
    ingresses: [],
    ingressClasses: [],
    configs: new Map(),
  };
  for (const manifest of kept) {
    const kind = manifestKind(manifest.kind);
    const scope = new Scope(mistakes, manifest.locate, manifest.path);
    if (kind?.workload !== undefined) {
      const { workload } = kind;
      const spec = (nodes: readonly ClusterNode[]): WorkloadSpec => specOf(kind, workload, manifest.object, nodes);
      objects.pods.push({ scope, template: workload.template, count: workload.count ?? ["spec"], spec });
    }
    kind?.resolve?.(manifest.object, scope, objects);
  }
  const namespaces = namespaceModels(objects, live);
  checkNamespaces(
    kept,
    namespaces.map(({ name }) => name),
    mistakes,
  );
  const hasServices = manifests.some(({ kind }) => kind === "Service");
  return { ...objects, running, namespaces, hasServices, lacking, budget: new PodBudget(), kinds: WORKLOAD_NAMES };
}
