/**
 * What happened to a lab since it was built, besides its files: scaled and restarted workloads, deleted pods, readiness,
 * labels, nodes that are down. Plain data, kept with the running lab; a lab is resolved from its files and this.
 */

import { clusterPrefix } from "../../net/object-ref.ts";
import type { NodeAttachments } from "../../resources/cni/attached.ts";
import type { InjectedFault } from "../../faults/injected.ts";
import type { PodTemplateDocument } from "./schema.ts";

/** The pods of one template of a workload: a Deployment's ReplicaSet, a revision of a StatefulSet or DaemonSet, all of the other kinds. */
export interface LiveSet {
  /** Hash of the template; empty for kinds whose pods do not follow it. */
  readonly hash: string;
  /** The template's annotation kubectl.kubernetes.io/restartedAt. */
  readonly restartedAt?: string | undefined;
  /** The template of its pods, where the file no longer has it. */
  readonly template?: PodTemplateDocument | undefined;
  /** Where `hash` is empty: the template of pods with a number below `before`. Oldest first. */
  readonly older?: readonly { readonly before: number; readonly template: PodTemplateDocument }[] | undefined;
  /** spec.replicas: number of pods. */
  readonly replicas: number;
  /** Numbers of the pods that it has, from which their names are made, of a StatefulSet the ordinals; those that terminate included. */
  readonly ordinals: readonly number[];
  /** The number of the next pod: no name is used twice. */
  readonly next: number;
  /** By number: the node that a DaemonSet's pod is for, the completion index of an Indexed Job's. */
  readonly slots?: Readonly<Record<number, string>> | undefined;
  /** Of a DaemonSet: pod-template-generation, where it is not the first. */
  readonly generation?: number | undefined;
}

export interface LiveWorkload {
  /** By `scale`; absent: as in the manifest. */
  readonly replicas?: number | undefined;
  /** By `rollout`, RFC 3339. */
  readonly restartedAt?: string | undefined;
  /** Oldest first. */
  readonly sets: readonly LiveSet[];
  /** StatefulSets, during an update: hash of the template of pods below the partition (status.currentRevision). */
  readonly current?: string | undefined;
  /** `next` of sets that no longer have pods, by hash: a rollback does not reuse a name. */
  readonly retired?: Readonly<Record<string, number>> | undefined;
}

/** Of the default cluster; names are a cluster's own. Keys of pods are `NAMESPACE/NAME`, of workloads `Deployment NAMESPACE/NAME`. */
export interface LiveState {
  readonly workloads: Readonly<Record<string, LiveWorkload>>;
  /** Pods with a deletionTimestamp: milliseconds since the epoch. */
  readonly terminating: Readonly<Record<string, number>>;
  /** Manifests whose object was deleted: `Pod default/client`. */
  readonly deleted: readonly string[];
  /** Readiness set by hand; wins over probes. */
  readonly ready: Readonly<Record<string, boolean>>;
  /** The last results of readiness probes; a pod with a probe without a result is not ready. */
  readonly probed: Readonly<Record<string, boolean>>;
  /**
   * Pods of workloads with minReadySeconds that are not available yet: when they will be, in milliseconds since the epoch;
   * 0 while they are not ready.
   */
  readonly warming?: Readonly<Record<string, number>> | undefined;
  /** Labels by `label`, by object (`Pod default/web`, `Namespace prod`); null: removed. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** What the file has broken on purpose was fixed: it is not applied again. */
  readonly fixed?: true | undefined;
  /** Faults that were injected and are active, of all clusters; in the order in which they began. */
  readonly faults?: readonly InjectedFault[] | undefined;
  /** What CNI plugins have attached and made, of all clusters. */
  readonly attachments?: NodeAttachments | undefined;
  /** Nodes without a link on the underlay. */
  readonly nodesDown: readonly string[];
  /** Of the lab's other clusters, by name; absent: nothing has happened to it. */
  readonly clusters?: Readonly<Record<string, LiveState>> | undefined;
}

/** A lab as its files say. */
export const UNTOUCHED: LiveState = {
  workloads: {},
  terminating: {},
  deleted: [],
  ready: {},
  probed: {},
  labels: {},
  nodesDown: [],
};

/** What happened to one of a lab's clusters. */
export function liveOf(live: LiveState, cluster: string | undefined): LiveState {
  return clusterPrefix(cluster) === "" ? live : (live.clusters?.[cluster ?? ""] ?? UNTOUCHED);
}

/** The lab's with another one of this cluster; the very same object where that is not an other. */
export function withLiveOf(live: LiveState, cluster: string | undefined, own: LiveState): LiveState {
  if (own === liveOf(live, cluster)) return live;
  if (clusterPrefix(cluster) === "") {
    const { clusters: _, ...rest } = own;
    return live.clusters === undefined ? rest : { ...rest, clusters: live.clusters };
  }
  return { ...live, clusters: { ...live.clusters, [cluster ?? ""]: own } };
}

/** Labels of an object with what was changed since. */
export function liveLabels(
  live: LiveState,
  object: string,
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const changes = live.labels[object];
  if (changes === undefined) return labels;
  const merged = { ...labels, ...changes };
  return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null));
}
