/** What can be asked of a running lab: scale, restart, delete, readiness, labels. Each refuses what is not possible, with kubectl's message. */
import { UsageError } from "../errors.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { nearestNames } from "../syntax/nearest.ts";
import { MAX_REPLICAS } from "../kube/pod/pod-budget.ts";
import { podKey } from "../kube/workload/replicas.ts";
import { MANIFEST_KINDS } from "../kube/registry.ts";
import type { LiveState, LiveWorkload } from "../kube/workload/live-state.ts";
import { namedWorkload } from "../kube/workload/names.ts";
import { setsOf, workloadText } from "../kube/workload/sets.ts";
import { objectName } from "../kube/workload/workload.ts";
import type { WorkloadSpec } from "../kube/workload/workload-kind.ts";
import { isProblem, podText, targetIndex } from "../targets/select.ts";
import type { Change } from "./live-lab.ts";
import type { World } from "./stored-view.ts";

/** The workload that a text means: `deploy/web`, `sts/prod/db`. `can`: what is asked of it. */
export function findWorkload(
  world: Pick<World, "specs">,
  text: string,
  can: (spec: WorkloadSpec) => boolean = () => true,
): WorkloadSpec {
  const named = namedWorkload(text, world.specs);
  const name = named?.rest.includes("/") === true ? named.rest : `default/${named?.rest}`;
  const found = world.specs.find((spec) => spec.key === `${named?.kind} ${name}`);
  if (found !== undefined) return found;
  const names = world.specs.filter(can).map(workloadText);
  const near = nearestNames(text, names);
  throw new UsageError(
    `there is no "${text}"`,
    near.length > 0
      ? `did you mean ${near.join(" or ")}?`
      : names.length === 0
        ? "the lab has no such workload"
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
    const spec = findWorkload(world, text, ({ scales }) => scales === true);
    if (spec.scales !== true) throw refused(spec, "scaling is not supported", world, ({ scales }) => scales === true);
    if ((live.workloads[spec.key]?.replicas ?? spec.replicas) === replicas) return live;
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
    if (live.workloads[spec.key]?.restartedAt === at) return live;
    return withWorkload(spec, live, { restartedAt: at });
  };
}

/** The pods that it has now stay those of the template so far. */
function withWorkload(spec: WorkloadSpec, live: LiveState, changed: Partial<LiveWorkload>): LiveState {
  const before = live.workloads[spec.key] ?? { sets: [] };
  const sets = setsOf(spec, live);
  return { ...live, workloads: { ...live.workloads, [spec.key]: { ...before, sets, ...changed } } };
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

/** `NetworkPolicy prod/deny` for `netpol/prod/deny`, and other objects that can be deleted alike; undefined for anything else. */
function objectOf({ lab, input }: Pick<World, "lab" | "input">, live: LiveState, text: string): string | undefined {
  const [word = "", ...rest] = text.split("/");
  const kind = MANIFEST_KINDS.find(({ deletable, words }) => deletable === true && words.includes(word));
  if (kind === undefined || rest.length === 0 || rest.length > 2) return undefined;
  const name = kind.namespaced === true && rest.length === 1 ? `default/${rest[0]}` : rest.join("/");
  const object = `${kind.kind} ${name}`;
  const isService = lab.cluster?.services.some((one) => object === `Service ${one.namespace}/${one.name}`) === true;
  const all = input.manifests.map(objectName).filter((one) => one.startsWith(`${kind.kind} `));
  const names = all.filter((one) => !live.deleted.includes(one));
  if (names.includes(object)) return object;
  if (isService) throw new UsageError(`${text} belongs to the cluster`, "dns: false gives a cluster without DNS");
  throw new UsageError(
    `there is no ${kind.kind} "${name}"`,
    names.length === 0
      ? "the lab has none"
      : `there are ${names.map((one) => one.slice(kind.kind.length + 1)).join(", ")}`,
  );
}

/** `kubectl delete`: pods, NetworkPolicies, Services. `now`: milliseconds since the epoch. */
export function deleteObjects(texts: readonly string[], now: number): Change {
  return (live, world) => {
    const terminating = { ...live.terminating };
    const deleted = [...live.deleted];
    for (const text of texts) {
      const object = objectOf(world, live, text);
      if (object !== undefined) {
        if (!deleted.includes(object)) deleted.push(object);
        continue;
      }
      const pod = findPod(world, text);
      if (pod.owner !== undefined && pod.owner.ordinal === undefined && pod.owner.bare !== true)
        throw new UsageError(`${podText(pod)} belongs to the cluster`, "spec.cluster.dns sets how many there are");
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

/** `kubectl label`: null removes a label. Without `overwrite` a label that has another value is refused. */
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
