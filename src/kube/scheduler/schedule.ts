/** Which node a pod goes to, as kube-scheduler decides it: what rules a node out, then what prefers one, then the least loaded. */
import type { ClusterNode } from "../node/cluster-node.ts";
import { hostPortClaims, NodePorts, type HostPortClaim } from "../pod/host-ports.ts";
import type { PodDraft } from "../pod/pod-draft.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { hasNodePreference, namedNodes, nodeMatches, nodePreference } from "./node-affinity.ts";
import { warnPending, type PendingPod, type Refusal } from "./pending.ts";
import type { PlacedPod } from "./placed-pods.ts";
import type { PodLimit } from "./pod-limit.ts";
import { hasPodRules, podAffinity, type NamespaceLabels } from "./pod-affinity.ts";
import { countUnpreferred, UNSCHEDULABLE, untolerated } from "./taints.ts";
import { topologySpread } from "./topology-spread.ts";
import { namespacedName } from "../../net/object-ref.ts";

const TOO_MANY = "Too many pods";

function fullText({ capacity, used }: PodLimit = { capacity: 0, used: 0 }): string {
  return `the kubelet takes ${capacity} pods and has ${used}, those of every node included`;
}

/** By node. */
type PodLimits = ReadonlyMap<string, PodLimit>;

const ownerKey = (draft: PodDraft, node: string): string => `${draft.object} on ${node}`;

/** Weights of the default profile. */
const WEIGHTS = { taints: 3, nodeAffinity: 2, podAffinity: 2, spread: 2 } as const;

/** Parts of the largest (DefaultNormalizeScore). */
function byLargest(raw: readonly number[], reverse = false): readonly number[] {
  const most = Math.max(...raw);
  return raw.map((value) => {
    const part = most === 0 ? 0 : Math.floor((100 * value) / most);
    return reverse ? 100 - part : part;
  });
}

/** From the smallest to the largest (InterPodAffinity). */
function byRange(raw: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...raw), Math.max(...raw)];
  return raw.map((value) => (most === least ? 0 : Math.floor((100 * (value - least)) / (most - least))));
}

/** The fewer, the better; nothing for nodes without the topology (PodTopologySpread). */
function byCrowd(raw: readonly number[]): readonly number[] {
  const finite = raw.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  return raw.map((value) => {
    if (!Number.isFinite(value)) return 0;
    return most === 0 ? 100 : Math.floor((100 * (most + least - value)) / most);
  });
}

class Scheduler {
  readonly placed = new Map<PodDraft, string>();
  readonly ports = new NodePorts();
  readonly #nodes: ReadonlyMap<string, ClusterNode>;
  readonly #all: readonly PodDraft[];
  readonly #namespaces: NamespaceLabels;
  readonly #load = new Map<string, number>();
  readonly #ofOwner = new Map<string, number>();
  readonly #there: PlacedPod[] = [];
  /** Of these, those with rules about others. */
  readonly #ruled: PlacedPod[] = [];
  readonly #tainted: boolean;
  readonly #limits: PodLimits;
  /** Pods of each node, those that the cluster has itself as well. */
  readonly #pods = new Map<string, number>();

  constructor(
    drafts: readonly PodDraft[],
    nodes: readonly ClusterNode[],
    namespaces: NamespaceLabels,
    limits: PodLimits,
  ) {
    this.#limits = limits;
    this.#all = drafts;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#namespaces = namespaces;
    this.#tainted = nodes.some(({ taints = [] }) => taints.length > 0);
  }

  place(draft: PodDraft, name: string, claims = hostPortClaims(draft.spec)): void {
    this.placed.set(draft, name);
    this.#pods.set(name, (this.#pods.get(name) ?? 0) + 1);
    const node = this.#nodes.get(name);
    if (node !== undefined) {
      this.#there.push({ pod: draft, node });
      if (hasPodRules(draft)) this.#ruled.push({ pod: draft, node });
    }
    if (draft.system === true) return;
    this.ports.take(name, claims, namespacedName(draft));
    this.#load.set(name, (this.#load.get(name) ?? 0) + 1);
    if (draft.owner === undefined) return;
    const key = ownerKey(draft, name);
    this.#ofOwner.set(key, (this.#ofOwner.get(key) ?? 0) + 1);
  }

  /** The node's pods, where there is no room for another. */
  full(name: string): PodLimit | undefined {
    const limit = this.#limits.get(name);
    if (limit === undefined) return undefined;
    const used = limit.used + (this.#pods.get(name) ?? 0);
    return used < limit.capacity ? undefined : { ...limit, used };
  }

  /** Places the pod; otherwise why each node takes it not. */
  schedule(draft: PodDraft): readonly Refusal[] | undefined {
    if ((draft.spec.schedulingGates ?? []).length > 0) return [];
    const claims = hostPortClaims(draft.spec);
    const nodes = [...this.#nodes.values()];
    const only = namedNodes(draft.spec);
    const spread = topologySpread(draft, this.#there, nodes);
    const others = podAffinity(draft, this.#there, this.#ruled, this.#namespaces);
    const refuse = (node: ClusterNode): string | undefined => {
      if (only?.has(node.name) === false) return "node(s) didn't satisfy plugin(s) [NodeAffinity]";
      const taint = this.#tainted ? untolerated(draft.spec, node) : undefined;
      if (taint?.key === UNSCHEDULABLE) return "node(s) were unschedulable";
      if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value}}`;
      if (!nodeMatches(draft.spec, node)) return "node(s) didn't match Pod's node affinity/selector";
      if (claims.length > 0 && this.ports.conflict(node.name, claims) !== undefined)
        return "node(s) didn't have free ports for the requested pod ports";
      if (this.full(node.name) !== undefined) return TOO_MANY;
      return spread.refuse(node) ?? others.refuse(node);
    };
    const refusals: Refusal[] = [];
    const fit = nodes.filter((node) => {
      const reason = refuse(node);
      if (reason === TOO_MANY) refusals.push({ node: node.name, reason, detail: fullText(this.full(node.name)) });
      else if (reason !== undefined) refusals.push({ node: node.name, reason });
      return reason === undefined;
    });
    const best = this.#best(draft, fit, { spread: spread.score, podAffinity: others.score });
    if (best === undefined) return refusals;
    this.place(draft, best.name, claims);
    return undefined;
  }

  #best(
    draft: PodDraft,
    fit: readonly ClusterNode[],
    score: Readonly<Record<"spread" | "podAffinity", ((node: ClusterNode) => number) | undefined>>,
  ): ClusterNode | undefined {
    const { spread, podAffinity: others } = score;
    const parts: (readonly [weight: number, parts: readonly number[]])[] = [];
    if (spread !== undefined) parts.push([WEIGHTS.spread, byCrowd(fit.map(spread))]);
    if (others !== undefined) parts.push([WEIGHTS.podAffinity, byRange(fit.map(others))]);
    if (hasNodePreference(draft.spec))
      parts.push([WEIGHTS.nodeAffinity, byLargest(fit.map((node) => nodePreference(draft.spec, node)))]);
    if (this.#tainted)
      parts.push([
        WEIGHTS.taints,
        byLargest(
          fit.map((node) => countUnpreferred(draft.spec, node)),
          true,
        ),
      ]);
    const preference = (i: number): number => parts.reduce((sum, [weight, of]) => sum + weight * (of[i] ?? 0), 0);
    // Pods of one owner apart, then the least loaded, then the first.
    const crowd = ({ name }: ClusterNode): number =>
      (draft.owner === undefined ? 0 : (this.#ofOwner.get(ownerKey(draft, name)) ?? 0)) * this.#all.length +
      (this.#load.get(name) ?? 0);
    let best: { readonly node: ClusterNode; readonly score: number; readonly crowd: number } | undefined;
    for (const [i, node] of fit.entries()) {
      const one = { node, score: preference(i), crowd: crowd(node) };
      if (best === undefined || one.score > best.score || (one.score === best.score && one.crowd < best.crowd))
        best = one;
    }
    return best?.node;
  }
}

/** A mistake in a template is reported once, not for each replica. */
function firstOfOwner(draft: PodDraft, drafts: readonly PodDraft[]): boolean {
  return draft.owner === undefined || drafts.find((d) => d.object === draft.object) === draft;
}

/** The kubelet refuses a pod that nodeName sends to a node whose ports are taken. */
function checkPorts(draft: PodDraft, name: string, ports: NodePorts, claims: readonly HostPortClaim[]): void {
  const taken = ports.conflict(name, claims);
  if (taken === undefined) return;
  draft.specScope
    .at(...taken.claim.at)
    .error(
      `port ${taken.claim.key} of ${name} is used by pod ${taken.pod}, and nodeName allows no other node: the kubelet rejects it (NodePorts)`,
      "a port on the node belongs to one pod; choose another port or another node",
    );
}

/** The kubelet refuses one pod more than it takes. */
function refuse(draft: PodDraft, name: string, { used, capacity }: PodLimit): void {
  draft.specScope
    .at("nodeName")
    .error(
      `OutOfpods: Node didn't have enough resource: pods, requested: 1, used: ${used}, capacity: ${capacity}`,
      `${name} takes ${capacity} pods, those of every node included: choose another node, or let the scheduler choose`,
    );
}

/**
 * Node name of each draft, in order; undefined where there is none: a mistake or a warning has been reported. `bound`: pods
 * that are already on a node.
 */
export function schedule(
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  bound: ReadonlyMap<PodDraft, string> = new Map(),
  namespaces: NamespaceLabels = new Map(),
  limits: PodLimits = new Map(),
): readonly (string | undefined)[] {
  const scheduler = new Scheduler(drafts, nodes, namespaces, limits);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const nameOf = (draft: PodDraft): string => draft.spec.nodeName ?? "";
  for (const [draft, name] of bound) {
    const node = byName.get(name);
    if (node === undefined) continue;
    const isNamed = nameOf(draft) !== "";
    // A taint that evicts, and ports that another pod has by now.
    const mayStay =
      untolerated(draft.spec, node, ["NoExecute"]) === undefined &&
      scheduler.ports.conflict(name, hostPortClaims(draft.spec)) === undefined;
    if (isNamed || mayStay) scheduler.place(draft, name);
  }
  for (const draft of drafts) {
    const name = nameOf(draft);
    if (name === "" || scheduler.placed.has(draft)) continue;
    if (byName.has(name)) {
      checkPorts(draft, name, scheduler.ports, hostPortClaims(draft.spec));
      const full = scheduler.full(name);
      if (full === undefined) scheduler.place(draft, name);
      else refuse(draft, name, full);
    } else if (firstOfOwner(draft, drafts)) {
      draft.specScope
        .at("nodeName")
        .dangling(`there is no node "${name}"`, didYouMean(name, [...byName.keys()], "nodes"));
    }
  }
  // Pods for one node each come first: no other node will do.
  const waiting = drafts.filter((draft) => nameOf(draft) === "" && !scheduler.placed.has(draft));
  const ordered = [
    ...waiting.filter(({ perNode }) => perNode === true),
    ...waiting.filter(({ perNode }) => perNode !== true),
  ];
  const pending: PendingPod[] = [];
  for (const draft of ordered) {
    const refusals = scheduler.schedule(draft);
    if (refusals !== undefined) pending.push({ draft, refusals });
  }
  warnPending(pending, drafts);
  return drafts.map((draft) => scheduler.placed.get(draft));
}
