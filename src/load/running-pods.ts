/** Pods of a running cluster instead of the workloads that made them: they have nodes and addresses. */
import { addTo } from "../append.ts";
import type { Diagnostic } from "../errors.ts";
import { nodeOf } from "./cluster-facts.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import { manifestKind } from "../kube/registry.ts";
import { isObject, nameOf, namespaceOf, type ObjectValue } from "../kube/manifest-parts.ts";
import { kindedName } from "../net/object-ref.ts";

export interface WorkloadKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const text = ({ kind, namespace, name }: WorkloadKey): string => kindedName(kind, { namespace, name });

/** More pods of one workload are equivalent. */
const ALIKE = 2;
/** How many are built of a workload each of whose pods has a name, or a node, of its own. */
const MOST = 100;

function isDistinct(kind: string): boolean {
  const workload = manifestKind(kind)?.workload;
  return workload !== undefined && (workload.stable === true || workload.count === undefined);
}

function controllerOf(value: ObjectValue): { readonly kind: string; readonly name: string } | undefined {
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  const all = Array.isArray(metadata["ownerReferences"]) ? metadata["ownerReferences"] : [];
  const owner: unknown = all.find((one) => isObject(one) && one["controller"] === true) ?? all[0];
  return isObject(owner) ? { kind: String(owner["kind"]), name: String(owner["name"]) } : undefined;
}

export class RunningPods {
  readonly #objects: ReadonlyMap<string, ManifestObject>;
  readonly #pods = new Map<string, readonly ManifestObject[]>();
  readonly #kept = new Set<ManifestObject>();

  constructor(all: readonly ManifestObject[], isPast: (pod: ManifestObject) => boolean) {
    this.#objects = new Map(
      all.map((one) => [text({ kind: one.kind, namespace: namespaceOf(one.value), name: nameOf(one.value) }), one]),
    );
    const groups = new Map<string, ManifestObject[]>();
    for (const pod of all) {
      const owner = pod.kind === "Pod" && nodeOf(pod) !== undefined && !isPast(pod) ? this.ownerOf(pod) : undefined;
      if (owner !== undefined) addTo(groups, text(owner), pod);
    }
    for (const [key, group] of groups) {
      this.#pods.set(key, group);
      for (const pod of isDistinct(key.split(" ", 1)[0] ?? "") ? group.slice(0, MOST) : apart(group))
        this.#kept.add(pod);
    }
  }

  /** The workload of the input that made an object, over others that it made in between. */
  ownerOf({ value }: ManifestObject): WorkloadKey | undefined {
    const namespace = namespaceOf(value);
    const owner = controllerOf(value);
    if (owner === undefined) return undefined;
    const key = { ...owner, namespace };
    const there = this.#objects.get(text(key));
    if (there !== undefined) return this.ownerOf(there) ?? key;
    const maker = manifestKind(owner.kind)?.workload?.madeBy;
    const above =
      maker === undefined ? undefined : { kind: maker.kind, namespace, name: owner.name.replace(maker.suffix, "") };
    return above !== undefined && this.#objects.has(text(above)) ? above : undefined;
  }

  /** How many of its pods there are in the input. */
  count({ kind, value }: ManifestObject): { readonly all: number; readonly kept: number } {
    const pods = this.#pods.get(text({ kind, namespace: namespaceOf(value), name: nameOf(value) })) ?? [];
    return { all: pods.length, kept: pods.filter((pod) => this.#kept.has(pod)).length };
  }

  isKept(pod: ManifestObject): boolean {
    return this.#kept.has(pod);
  }
}

/** For labs, whose controllers make pods: pods made by those of the input are left out, with a warning. */
export function withoutMade(all: readonly ManifestObject[]): {
  readonly objects: readonly ManifestObject[];
  readonly warnings: readonly Diagnostic[];
} {
  const running = new RunningPods(all, () => false);
  const made = all.filter((one) => isMade(one.kind) && running.ownerOf(one) !== undefined);
  const [first] = made;
  if (first === undefined) return { objects: all, warnings: [] };
  const more = made.length === 1 ? " is" : ` and ${made.length - 1} more are`;
  const message = `${first.kind} ${nameOf(first.value)}${more} left out: here the workload recreates it, on a node of its choice and with a new address`;
  const left = new Set(made);
  return {
    objects: all.filter((one) => !left.has(one)),
    warnings: [{ severity: "warning", message, source: first.locate(["metadata", "name"], "value") }],
  };
}

const isMade = (kind: string): boolean => kind === "Pod" || manifestKind(kind)?.workload?.madeBy !== undefined;

/** The first, and one that is on another node. */
function apart(pods: readonly ManifestObject[]): readonly ManifestObject[] {
  const [first] = pods;
  if (first === undefined) return [];
  const other = pods.find((pod) => nodeOf(pod) !== nodeOf(first)) ?? pods[1];
  return [first, ...(other === undefined ? [] : [other])].slice(0, ALIKE);
}
