/** What can be asked of a running lab: scale, restart, delete, readiness, labels. Each refuses what cannot be, in kubectl's words. */
import { UsageError } from "../errors.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { nearestNames } from "../syntax/nearest.ts";
import { MAX_REPLICAS } from "../kube/pod/pod-budget.ts";
import { podKey } from "./reconcile.ts";
import { setsOf, workloadText } from "../kube/workload/replica-set.ts";
import type { WorkloadSpec } from "../kube/workload/replica-set.ts";
import { isProblem, podText, targetIndex } from "../targets/select.ts";
import type { Change } from "./live-lab.ts";
import type { World } from "./stored-view.ts";

/** The Deployment or ReplicaSet that a text means: `deploy/web`, `rs/prod/db`. */
export function findWorkload(world: Pick<World, "specs">, text: string): WorkloadSpec {
  const match = /^(deploy|deployment|deployments|rs|replicaset|replicasets)\/(?:([^/]+)\/)?([^/]+)$/.exec(text);
  const kind = match?.[1]?.startsWith("d") === true ? "Deployment" : "ReplicaSet";
  const found = world.specs.find(
    (spec) => spec.kind === kind && spec.namespace === (match?.[2] ?? "default") && spec.name === match?.[3],
  );
  if (found !== undefined && match !== null) return found;
  const names = world.specs.map(workloadText);
  if (names.length === 0) throw new UsageError(`there is no "${text}"`, "the lab has no Deployments or ReplicaSets");
  const near = nearestNames(text, names);
  throw new UsageError(
    `there is no "${text}"`,
    near.length > 0
      ? `did you mean ${near.join(" or ")}?`
      : names.length === 0
        ? "the lab has none"
        : `there are ${names.join(", ")}`,
  );
}

/** The pod that a text means: `pod/web`, `pod/prod/db`, `deploy/web#1`. */
export function findPod({ lab }: Pick<World, "lab">, text: string): PodModel {
  const found = targetIndex(lab).find(text);
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  const [target] = found;
  const pod = lab.cluster?.pods.find((one) => one.namespace === target?.pod?.namespace && one.name === target.pod.name);
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
    const spec = findWorkload(world, text);
    if ((live.workloads[spec.key]?.replicas ?? spec.replicas) === replicas) return live;
    const before = live.workloads[spec.key] ?? { sets: [] };
    const sets = before.sets.length > 0 ? before.sets : setsOf(spec, live);
    return { ...live, workloads: { ...live.workloads, [spec.key]: { ...before, sets, replicas } } };
  };
}

/** `kubectl rollout restart`. `at`: RFC 3339. */
export function restart(text: string, at: string): Change {
  return (live, world) => {
    const spec = findWorkload(world, text);
    if (spec.kind !== "Deployment")
      throw new UsageError(
        `replicasets "${spec.name}" restarting is not supported`,
        "only Deployments can be restarted",
      );
    if (spec.paused)
      throw new UsageError(`can't restart paused deployment ${spec.name}`, "remove spec.paused and run `up` again");
    const before = live.workloads[spec.key] ?? { sets: [] };
    if (before.restartedAt === at) return live;
    const sets = before.sets.length > 0 ? before.sets : setsOf(spec, live);
    return { ...live, workloads: { ...live.workloads, [spec.key]: { ...before, sets, restartedAt: at } } };
  };
}

/** `NetworkPolicy prod/deny` for `netpol/prod/deny`, and Services alike; undefined for what is no such thing. */
function objectOf({ lab }: Pick<World, "lab">, text: string): string | undefined {
  const match = /^(netpol|networkpolicy|networkpolicies|svc|service|services)\/(?:([^/]+)\/)?([^/]+)$/.exec(text);
  if (match === null) return undefined;
  const kind = match[1]?.startsWith("n") === true ? "NetworkPolicy" : "Service";
  const objects = (kind === "Service" ? lab.cluster?.services : lab.cluster?.policies) ?? [];
  const names = objects.map(({ namespace, name }) => `${namespace}/${name}`);
  const name = `${match[2] ?? "default"}/${match[3]}`;
  const isOwn = kind === "Service" && (name === "default/kubernetes" || name === "kube-system/kube-dns");
  if (isOwn) throw new UsageError(`${text} belongs to the cluster`, "dns: false gives a cluster without DNS");
  if (names.includes(name)) return `${kind} ${name}`;
  throw new UsageError(
    `there is no ${kind} "${name}"`,
    names.length === 0 ? "the lab has none" : `there are ${names.join(", ")}`,
  );
}

/** `kubectl delete`: pods, NetworkPolicies, Services. `now`: milliseconds since the epoch. */
export function deleteObjects(texts: readonly string[], now: number): Change {
  return (live, world) => {
    const terminating = { ...live.terminating };
    const deleted = [...live.deleted];
    for (const text of texts) {
      const object = objectOf(world, text);
      if (object !== undefined) {
        if (!deleted.includes(object)) deleted.push(object);
        continue;
      }
      const pod = findPod(world, text);
      if (pod.owner !== undefined && pod.owner.ordinal === undefined && pod.owner.bare !== true) {
        const { kind, name } = pod.owner;
        const isOwn = kind === "Deployment";
        throw new UsageError(
          isOwn
            ? `${podText(pod)} belongs to the cluster`
            : `${podText(pod)} is of ${kind} ${name}, whose pods are not recreated here`,
          isOwn ? "spec.cluster.dns sets how many there are" : "pods of Deployments and ReplicaSets can be deleted",
        );
      }
      terminating[podKey(pod)] ??= now;
    }
    return { ...live, terminating, deleted };
  };
}

/** Readiness by hand; `undefined`: as its probes, or its manifest, say. */
export function setReady(texts: readonly string[], ready: boolean | undefined): Change {
  return (live, world) => {
    const given: Record<string, boolean> = { ...live.ready };
    for (const text of texts) {
      const key = podKey(findPod(world, text));
      if (ready === undefined) delete given[key];
      else given[key] = ready;
    }
    return { ...live, ready: given };
  };
}

/** The object of labels: `Pod default/web`, `Namespace prod`. */
function labelled(world: World, text: string): { key: string; labels: Readonly<Record<string, string>> } {
  const match = /^(?:ns|namespace|namespaces)\/(.+)$/.exec(text);
  if (match === null) {
    const pod = findPod(world, text);
    return { key: `Pod ${podKey(pod)}`, labels: pod.labels };
  }
  const namespaces = world.lab.cluster?.namespaces ?? [];
  const found = namespaces.find(({ name }) => name === match[1]);
  if (found !== undefined) return { key: `Namespace ${found.name}`, labels: found.labels };
  throw new UsageError(
    `there is no namespace "${match[1]}"`,
    `there are ${namespaces.map(({ name }) => name).join(", ")}`,
  );
}

/** `kubectl label`: null takes a label away. Without `overwrite` a label that has another value is refused. */
export function setLabels(text: string, changes: Readonly<Record<string, string | null>>, overwrite: boolean): Change {
  return (live, world) => {
    const { key, labels } = labelled(world, text);
    for (const [name, value] of Object.entries(changes)) {
      const old = labels[name];
      if (value !== null && old !== undefined && old !== value && !overwrite)
        throw new UsageError(`'${name}' already has a value (${old})`, "--overwrite replaces it");
    }
    return { ...live, labels: { ...live.labels, [key]: { ...live.labels[key], ...changes } } };
  };
}
