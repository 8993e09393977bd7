/** DaemonSets: a pod on each node that accepts one, replaced node by node (pkg/controller/daemon: daemon_controller.go, update.go). */
import { asWaitedFor, isAvailable } from "../workload/availability.ts";
import type { LiveSet } from "../workload/live-state.ts";
import type { PodModel } from "../pod/pod-model.ts";
import { newSet, ownPods } from "../workload/replicas.ts";
import type { Controller, NextSets, RoundView } from "../workload/workload-kind.ts";
import { daemonPodSpec } from "./placement.ts";
import { namespacedName } from "../../net/object-ref.ts";

export type DaemonSetUpdate =
  | {
      readonly type: "RollingUpdate";
      /** How many nodes may be without an available pod; a number, or a part of the nodes. */
      readonly maxUnavailable: number | string;
      /** How many nodes may have an old and a new one. */
      readonly maxSurge: number | string;
    }
  | { readonly type: "OnDelete" };

interface Daemon {
  readonly ordinal: number;
  readonly node: string;
  readonly hash: string;
  readonly pod: PodModel | undefined;
  readonly isTerminating: boolean;
  readonly isAvailable: boolean;
}

function daemonsOf({ spec, sets, live, pods }: RoundView): readonly Daemon[] {
  const own = ownPods(spec, pods);
  return sets.flatMap((set) =>
    set.ordinals.map((ordinal): Daemon => {
      const pod = own.find(({ owner }) => owner?.hash === set.hash && owner.ordinal === ordinal);
      const isTerminating = pod !== undefined && live.terminating[namespacedName(pod)] !== undefined;
      return {
        ordinal,
        node: set.slots?.[ordinal] ?? "",
        hash: set.hash,
        pod,
        isTerminating,
        isAvailable: pod !== undefined && !isTerminating && isAvailable(pod, live),
      };
    }),
  );
}

/** Parts are rounded up (UnavailableCount, SurgeCount). */
const part = (value: number | string, of: number): number =>
  typeof value === "number" ? value : Math.ceil((Number.parseInt(value, 10) * of) / 100);

interface Decision {
  /** Nodes that get a pod. */
  readonly make: readonly string[];
  readonly terminate: readonly Daemon[];
}

/** The pods of a node that do not terminate, by their template. */
function onNode(all: readonly Daemon[], node: string, hash: string) {
  const here = all.filter((one) => one.node === node);
  const staying = here.filter((one) => !one.isTerminating);
  return { here, fresh: staying.filter((one) => one.hash === hash), old: staying.filter((one) => one.hash !== hash) };
}

/** podsShouldBeOnNode: a pod where there shall be one, none elsewhere, one of several. */
function manage(nodes: readonly string[], hash: string, all: readonly Daemon[], surge: number): Decision {
  const stray = all.filter((one) => !one.isTerminating && !nodes.includes(one.node));
  const make = nodes.filter((node) => !all.some((one) => one.node === node));
  const extra = nodes.flatMap((node) => {
    const { fresh, old } = onNode(all, node, hash);
    // With a surge an old one stays until the new one is available.
    const staying = surge > 0 ? [old[0], fresh[0]] : [[...old, ...fresh][0]];
    return [...old, ...fresh].filter((one) => !staying.includes(one));
  });
  return { make, terminate: [...stray, ...extra] };
}

/** rollingUpdate of update.go. */
function replace(update: DaemonSetUpdate, nodes: readonly string[], hash: string, all: readonly Daemon[]): Decision {
  if (update.type === "OnDelete") return { make: [], terminate: [] };
  const surge = part(update.maxSurge, nodes.length);
  const perNode = nodes.map((node) => ({ node, ...onNode(all, node, hash) }));
  if (surge > 0) {
    const pairs = perNode.filter(({ fresh, old }) => fresh.length > 0 && old.length > 0);
    const waiting = perNode.filter(({ here, fresh, old }) => fresh.length === 0 && old.length > 0 && here.length === 1);
    const failed = waiting.filter(({ old }) => old[0]?.isAvailable !== true);
    const busy = pairs.filter(({ fresh }) => fresh[0]?.isAvailable !== true).length;
    const candidates = waiting.filter((one) => !failed.includes(one)).slice(0, Math.max(0, surge - busy));
    return {
      make: [...failed, ...candidates].map(({ node }) => node),
      terminate: pairs.flatMap(({ fresh, old }) => (fresh[0]?.isAvailable === true ? old : [])),
    };
  }
  const most = Math.max(1, part(update.maxUnavailable, nodes.length));
  const single = perNode.filter(({ fresh, old }) => fresh.length + old.length === 1);
  const failed = single.filter(({ old }) => old[0]?.isAvailable === false);
  const candidates = single.filter(({ old }) => old[0]?.isAvailable === true);
  const available = single.filter(({ fresh, old }) => [...fresh, ...old][0]?.isAvailable === true).length;
  const room = Math.max(0, most - (perNode.length - available));
  return { make: [], terminate: [...failed, ...candidates.slice(0, room)].flatMap(({ old }) => old) };
}

/** The sets with new pods on these nodes, and without those that had none to end. */
function changed({ sets, hash, known }: RoundView, { make, terminate }: Decision, firstGeneration: number): NextSets {
  const unmade = new Set(terminate.filter(({ pod }) => pod === undefined).map(({ ordinal }) => ordinal));
  const generation = Math.max(0, ...sets.map((set) => set.generation ?? firstGeneration)) + 1;
  // A node's pod has its number from all sets: no name is used twice.
  const next = Math.max(0, ...sets.map((set) => set.next), ...Object.values(known?.retired ?? {}));
  const fresh = sets.find((set) => set.hash === hash) ?? {
    ...newSet(hash, 0, known?.restartedAt),
    generation,
    next,
  };
  const grown: LiveSet = {
    ...fresh,
    ordinals: [...fresh.ordinals, ...make.map((_, i) => next + i)],
    next: next + make.length,
    slots: { ...fresh.slots, ...Object.fromEntries(make.map((node, i) => [next + i, node])) },
  };
  const all = [...sets.filter((set) => set.hash !== hash), grown].map((set): LiveSet => {
    const ordinals = set.ordinals.filter((ordinal) => !unmade.has(ordinal));
    const slots = Object.fromEntries(ordinals.map((ordinal) => [ordinal, set.slots?.[ordinal] ?? ""]));
    return { ...set, ordinals, slots, replicas: ordinals.length };
  });
  return { sets: all, terminate: terminate.flatMap(({ pod }) => (pod === undefined ? [] : [namespacedName(pod)])) };
}

export interface DaemonSetOrder {
  /** Names of all nodes. */
  readonly all: readonly string[];
  /** Names of the nodes that get a pod. */
  readonly nodes: readonly string[];
  readonly update: DaemonSetUpdate;
  /** Generation of its template; incremented with each change. */
  readonly generation: number;
}

export function daemonSetController({ all: known, nodes, update, generation }: DaemonSetOrder): Controller {
  const surge = update.type === "OnDelete" ? 0 : part(update.maxSurge, nodes.length);
  return {
    begin: (hash, _replicas, restartedAt) => ({
      ...newSet(hash, nodes.length, restartedAt),
      slots: Object.fromEntries(nodes.entries()),
    }),
    pod(spec, set, ordinal) {
      const node = set.slots?.[ordinal] ?? "";
      // A pod goes with its node.
      if (!known.includes(node)) return undefined;
      return {
        base: spec.name,
        labels: {
          "controller-revision-hash": set.hash,
          "pod-template-generation": String(set.generation ?? generation),
        },
        spec: daemonPodSpec((set.template ?? spec.template).spec, node),
        perNode: true,
      };
    },
    step(view) {
      const all = daemonsOf(view);
      const managed = manage(nodes, view.hash, all, surge);
      if (managed.make.length + managed.terminate.length > 0) return changed(view, managed, generation);
      return changed(view, replace(update, nodes, view.hash, all), generation);
    },
    progress(view) {
      const waited = asWaitedFor(view.live, view.pods);
      const all = daemonsOf({ ...view, ...waited }).filter((one) => !one.isTerminating);
      const fresh = all.filter((one) => one.hash === view.hash);
      const old = update.type === "OnDelete" ? [] : all.filter((one) => one.hash !== view.hash);
      const serving = new Set(all.flatMap((one) => (one.isAvailable ? [one.node] : [])));
      return {
        updated: fresh.length,
        available: fresh.filter((one) => one.isAvailable).length,
        old: old.length,
        complete: old.length === 0 && all.length === nodes.length && nodes.every((node) => serving.has(node)),
      };
    },
    isRolling: ({ sets, hash }) =>
      update.type === "RollingUpdate" && sets.some((set) => set.hash !== hash && set.ordinals.length > 0),
    strategy() {
      if (update.type === "OnDelete") return "OnDelete: a pod is replaced when it is deleted";
      return surge > 0
        ? `RollingUpdate: at most ${surge} more, on nodes that have both`
        : `RollingUpdate: at most ${Math.max(1, part(update.maxUnavailable, nodes.length))} unavailable`;
    },
    revision: ({ name }, hash) => `${name}-${hash}`,
  };
}
