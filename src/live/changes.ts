/** What can be asked of a running lab: scale, restart, delete, readiness, labels. Each refuses what is not possible, with kubectl's message. */
import { UsageError } from "../errors.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { MAX_REPLICAS } from "../kube/pod/pod-budget.ts";
import { MANIFEST_KINDS } from "../kube/registry.ts";
import { liveOf, withLiveOf, type LiveState, type LiveWorkload } from "../kube/workload/live-state.ts";
import { namedWorkload } from "../kube/workload/parse-workload.ts";
import { setsOf, workloadText } from "../kube/workload/sets.ts";
import { objectName } from "../kube/workload/workload.ts";
import type { WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { podText, targetIndex } from "../targets/parse-target.ts";
import { findInClusters, isProblem, type TargetProblem } from "../targets/in-clusters.ts";
import { manifestsOf } from "../kube/manifest-input.ts";
import { clusterNamed, findLabPod } from "../cluster/lab-clusters.ts";
import { clusterPath, clusterPrefix, kindedName, namespacedName, splitCluster } from "../net/object-ref.ts";
import type { Change } from "./live-lab.ts";
import type { World } from "./stored-view.ts";

/** The workload that a text means: `deploy/web`, `sts/prod/db`. `can`: what is asked of it. */
export function findWorkload(
  world: Pick<World, "specs" | "lab">,
  text: string,
  can: (spec: WorkloadSpec) => boolean = () => true,
): WorkloadSpec {
  const found = findInClusters(text, world.lab.clusters, (cluster, own) => workloadOf(world, cluster, own, can));
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  return found;
}

function workloadOf(
  world: Pick<World, "specs">,
  cluster: string | undefined,
  text: string,
  can: (spec: WorkloadSpec) => boolean,
): WorkloadSpec | TargetProblem {
  const named = namedWorkload(text, world.specs);
  const name = named?.rest.includes("/") === true ? named.rest : `default/${named?.rest}`;
  const found = world.specs.find((spec) => spec.cluster === cluster && spec.key === `${named?.kind} ${name}`);
  if (found !== undefined) return found;
  const names = world.specs.filter(can).map(workloadText);
  return {
    message: `there is no "${clusterPrefix(cluster)}${text}"`,
    hint: didYouMean(text, names, "there are") ?? "the lab has no such workload",
  };
}

/** The pod that a text means: `pod/web`, `pod/prod/db`, `deploy/web#1`. */
export function findPod({ lab }: Pick<World, "lab">, text: string): PodModel {
  const found = targetIndex(lab).find(text);
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  const [target] = found;
  const pod = findLabPod(lab, target?.pod);
  if (pod === undefined || found.length !== 1) {
    throw new UsageError(
      pod === undefined ? `"${text}" is not a pod` : `"${text}" has ${found.length} pods`,
      pod === undefined
        ? "name a pod: pod/NAME, pod/NAMESPACE/NAME or deploy/NAME#1"
        : `name one of them: ${found.map((one) => podText(one.pod ?? pod)).join(", ")}, or ${text}#1`,
    );
  }
  return pod;
}

export function scale(text: string, replicas: number): Change {
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > MAX_REPLICAS)
    throw new UsageError(`"${replicas}" is not a number of replicas`, `0 to ${MAX_REPLICAS}`);
  return (live, world) => {
    const spec = findWorkload(world, text, ({ scales }) => scales === true);
    if (spec.scales !== true) throw refused(spec, "scaling is not supported", world, ({ scales }) => scales === true);
    if ((liveOf(live, spec.cluster).workloads[spec.key]?.replicas ?? spec.replicas) === replicas) return live;
    return withWorkload(spec, live, { replicas });
  };
}

/** `kubectl rollout restart`. `at`: RFC 3339. */
export function restart(text: string, at: string): Change {
  return (live, world) => {
    const spec = findWorkload(world, text, ({ restarts }) => restarts === true);
    if (spec.restarts !== true)
      throw refused(spec, "restarting is not supported", world, ({ restarts }) => restarts === true);
    if (spec.paused === true)
      throw new UsageError(
        `can't restart paused ${spec.kind.toLowerCase()} ${spec.name}`,
        "remove spec.paused and run `up` again",
      );
    if (liveOf(live, spec.cluster).workloads[spec.key]?.restartedAt === at) return live;
    return withWorkload(spec, live, { restartedAt: at });
  };
}

/** The pods that it has now stay those of the template so far. */
function withWorkload(spec: WorkloadSpec, live: LiveState, changed: Partial<LiveWorkload>): LiveState {
  const own = liveOf(live, spec.cluster);
  const before = own.workloads[spec.key] ?? { sets: [] };
  const sets = setsOf(spec, own);
  const workloads = { ...own.workloads, [spec.key]: { ...before, sets, ...changed } };
  return withLiveOf(live, spec.cluster, { ...own, workloads });
}

/** In kubectl's words. `can`: the workloads for which it can be done. */
function refused(
  spec: WorkloadSpec,
  why: string,
  { specs }: Pick<World, "specs">,
  can: (spec: WorkloadSpec) => boolean,
): UsageError {
  const others = specs.filter(can).map(workloadText);
  const hint = others.length === 0 ? "the lab has none for which it is" : `it is for ${others.join(", ")}`;
  return new UsageError(`${spec.words.at(-1)} "${spec.name}" ${why}`, hint);
}

/** An object of a cluster: `NetworkPolicy prod/deny`. */
interface ClusterObject {
  readonly cluster: string | undefined;
  readonly object: string;
}

/** `NetworkPolicy prod/deny` for `netpol/prod/deny`, and other objects that can be deleted alike; undefined for anything else. */
function objectOf(world: Pick<World, "lab" | "input">, live: LiveState, text: string): ClusterObject | undefined {
  const { clusters } = world.lab;
  const [word = ""] = splitCluster(text, clusters).text.split("/");
  if (!MANIFEST_KINDS.some(({ deletable, words }) => deletable === true && words.includes(word))) return undefined;
  const found = findInClusters(text, clusters, (cluster, own) => objectIn(world, live, cluster, own));
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  return found.object === "" ? undefined : found;
}

/** No object: the text is not that of one. */
function objectIn(
  { lab, input }: Pick<World, "lab" | "input">,
  live: LiveState,
  cluster: string | undefined,
  text: string,
): ClusterObject | TargetProblem {
  const [word = "", ...rest] = text.split("/");
  const kind = MANIFEST_KINDS.find(({ deletable, words }) => deletable === true && words.includes(word));
  if (kind === undefined || rest.length === 0 || rest.length > 2) return { cluster, object: "" };
  const name = kind.namespaced === true && rest.length === 1 ? `default/${rest[0]}` : rest.join("/");
  const object = `${kind.kind} ${name}`;
  const isService = clusterNamed(lab, cluster)?.services.some((one) => object === kindedName("Service", one)) === true;
  const all = manifestsOf(input.manifests, cluster)
    .map(objectName)
    .filter((one) => one.startsWith(`${kind.kind} `));
  const { deleted } = liveOf(live, cluster);
  const names = all.filter((one) => !deleted.includes(one));
  if (names.includes(object)) return { cluster, object };
  if (isService) throw new UsageError(`${text} belongs to the cluster`, "dns: false gives a cluster without DNS");
  return {
    message: `there is no ${kind.kind} "${clusterPrefix(cluster)}${name}"`,
    hint:
      names.length === 0
        ? "the lab has none"
        : `there are ${names.map((one) => one.slice(kind.kind.length + 1)).join(", ")}`,
  };
}

/** `kubectl delete`: pods, NetworkPolicies, Services. `now`: milliseconds since the epoch. */
export function deleteObjects(texts: readonly string[], now: number): Change {
  return (live, world) => {
    let next = live;
    for (const text of texts) {
      const found = objectOf(world, live, text);
      if (found !== undefined) {
        const own = liveOf(next, found.cluster);
        const deleted = own.deleted.includes(found.object) ? own.deleted : [...own.deleted, found.object];
        next = withLiveOf(next, found.cluster, { ...own, deleted });
        continue;
      }
      const pod = findPod(world, text);
      if (pod.owner !== undefined && pod.owner.ordinal === undefined && pod.owner.bare !== true)
        throw new UsageError(
          `${podText(pod)} belongs to the cluster`,
          `${clusterPath(pod.cluster)}.dns sets how many there are`,
        );
      const own = liveOf(next, pod.cluster);
      next = withLiveOf(next, pod.cluster, { ...own, terminating: { [namespacedName(pod)]: now, ...own.terminating } });
    }
    return next;
  };
}

/** Readiness by hand; `undefined`: as its probes, or its manifest, say. */
export function setReady(texts: readonly string[], ready: boolean | undefined): Change {
  return (live, world) => {
    let next = live;
    for (const text of texts) {
      const pod = findPod(world, text);
      const own = liveOf(next, pod.cluster);
      const { [namespacedName(pod)]: _, ...others } = own.ready;
      const given = ready === undefined ? others : { ...others, [namespacedName(pod)]: ready };
      next = withLiveOf(next, pod.cluster, { ...own, ready: given });
    }
    return next;
  };
}

const NAMESPACE = /^(?:ns|namespace|namespaces)\/(.+)$/;

interface Labelled {
  readonly cluster: string | undefined;
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The object of labels: `Pod default/web`, `Namespace prod`. */
function labelled(world: World, text: string): Labelled {
  const { clusters } = world.lab;
  if (!NAMESPACE.test(splitCluster(text, clusters).text)) {
    const pod = findPod(world, text);
    return { cluster: pod.cluster, key: kindedName("Pod", pod), labels: pod.labels };
  }
  const found = findInClusters(text, clusters, (cluster, own): Labelled | TargetProblem => {
    const wanted = NAMESPACE.exec(own)?.[1] ?? "";
    const namespaces = clusterNamed(world.lab, cluster)?.namespaces ?? [];
    const namespace = namespaces.find(({ name }) => name === wanted);
    if (namespace !== undefined) return { cluster, key: `Namespace ${namespace.name}`, labels: namespace.labels };
    return {
      message: `there is no namespace "${wanted}"`,
      hint: `there are ${namespaces.map(({ name }) => name).join(", ")}`,
    };
  });
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  return found;
}

/** `kubectl label`: null removes a label. Without `overwrite` a label that has another value is refused. */
export function setLabels(text: string, changes: Readonly<Record<string, string | null>>, overwrite: boolean): Change {
  return (live, world) => {
    const { cluster, key, labels } = labelled(world, text);
    for (const [name, value] of Object.entries(changes)) {
      const old = labels[name];
      if (value !== null && old !== undefined && old !== value && !overwrite)
        throw new UsageError(`'${name}' already has a value (${old})`, "--overwrite replaces it");
    }
    const own = liveOf(live, cluster);
    const changed = { ...own.labels, [key]: { ...own.labels[key], ...changes } };
    return withLiveOf(live, cluster, { ...own, labels: changed });
  };
}
