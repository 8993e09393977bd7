/** Which node a pod goes to: its nodeName, else the least loaded node that its nodeSelector allows and whose ports it finds free. */
import type { ClusterNode } from "../node/cluster-node.ts";
import { hostPortClaims, NodePorts } from "../pod/host-ports.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import type { PodDraft } from "../pod/pod-draft.ts";

/** The scheduler places a DaemonSet's pods as well, each for its node. */
const isPinned = ({ owner }: PodDraft): boolean => owner?.kind === "DaemonSet" && owner.bare !== true;
const podOf = ({ namespace, name }: PodDraft): string => `${namespace}/${name}`;

/**
 * Node name of each draft, in order; undefined where there is none: a mistake or a warning has been told. `bound`: pods that
 * are on a node already.
 */
export function schedule(
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  bound: ReadonlyMap<PodDraft, string> = new Map(),
): readonly (string | undefined)[] {
  const load = new Map(nodes.map((node) => [node.name, 0]));
  const ofOwner = new Map<string, number>();
  const ports = new NodePorts();
  const placed = new Map<PodDraft, string>();
  const pending: PodDraft[] = [];
  const conflict = (draft: PodDraft, node: string) => ports.conflict(node, hostPortClaims(draft.spec));
  const place = (draft: PodDraft, node: string): void => {
    placed.set(draft, node);
    if (draft.system === true) return;
    ports.take(node, hostPortClaims(draft.spec), podOf(draft));
    load.set(node, (load.get(node) ?? 0) + 1);
    const key = ownerKey(draft, node);
    if (key !== "") ofOwner.set(key, (ofOwner.get(key) ?? 0) + 1);
  };
  const nameOf = (draft: PodDraft): string => draft.spec.nodeName ?? "";
  for (const [draft, node] of bound)
    if (load.has(node) && (nameOf(draft) !== "" || conflict(draft, node) === undefined)) place(draft, node);
  const isHere = (draft: PodDraft): boolean => {
    if (nameOf(draft) === "" || placed.has(draft)) return false;
    if (load.has(nameOf(draft))) return true;
    if (firstOfOwner(draft, drafts)) {
      draft.specScope
        .at("nodeName")
        .dangling(`there is no node "${nameOf(draft)}"`, didYouMean(nameOf(draft), [...load.keys()], "nodes"));
    }
    return false;
  };
  const named = drafts.filter(isHere);
  for (const draft of named.filter((one) => !isPinned(one))) {
    const taken = conflict(draft, nameOf(draft));
    if (taken !== undefined)
      draft.specScope
        .at(...taken.claim.at)
        .error(
          `port ${taken.claim.key} of ${nameOf(draft)} is used by pod ${taken.pod}, and nodeName allows no other node: the kubelet rejects it (NodePorts)`,
          "a port on the node belongs to one pod; choose another port or another node",
        );
    place(draft, nameOf(draft));
  }
  for (const draft of named.filter(isPinned)) {
    if (conflict(draft, nameOf(draft)) === undefined) place(draft, nameOf(draft));
    else pending.push(draft);
  }
  for (const draft of drafts) {
    if (placed.has(draft) || nameOf(draft) !== "") continue;
    const fit = nodes.filter((node) => isSelected(draft, node));
    const weight = ({ name }: ClusterNode): number =>
      (ofOwner.get(ownerKey(draft, name)) ?? 0) * drafts.length + (load.get(name) ?? 0);
    const free = fit.filter(({ name }) => conflict(draft, name) === undefined);
    let [best] = free;
    for (const node of free) if (best !== undefined && weight(node) < weight(best)) best = node;
    if (best !== undefined) place(draft, best.name);
    else if (fit.length > 0) pending.push(draft);
    else if (firstOfOwner(draft, drafts)) {
      const selector = Object.entries(draft.spec.nodeSelector ?? {});
      draft.specScope
        .at("nodeSelector")
        .dangling(
          `no node has the labels ${selector.map(([k, v]) => `${k}=${v}`).join(",")}`,
          "give a node these labels: spec.cluster.nodes: [{ name: …, labels: { … } }]",
        );
    }
  }
  tellPending(pending, drafts, nodes);
  return drafts.map((draft) => placed.get(draft));
}

function isSelected({ spec }: PodDraft, { labels }: ClusterNode): boolean {
  return Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
}

/** In the scheduler's words (framework.FitError), once for all pods of a workload. */
function tellPending(pending: readonly PodDraft[], drafts: readonly PodDraft[], nodes: readonly ClusterNode[]): void {
  const byObject = Map.groupBy(pending, ({ object }) => object);
  for (const [object, waiting] of byObject) {
    const [draft] = waiting;
    if (draft === undefined) continue;
    const fit = isPinned(draft) ? 1 : nodes.filter((node) => isSelected(draft, node)).length;
    const others = nodes.length - fit;
    const other = isPinned(draft) ? "satisfy plugin(s) [NodeAffinity]" : "match Pod's node affinity/selector";
    const reasons = [
      `${fit} node(s) didn't have free ports for the requested pod ports`,
      ...(others === 0 ? [] : [`${others} node(s) didn't ${other}`]),
    ].toSorted();
    const all = drafts.filter((one) => one.object === object).length;
    const who =
      draft.owner === undefined || draft.owner.bare === true
        ? `${object} is`
        : `${waiting.length} of ${all} ${all === 1 ? "pod" : "pods"} of ${object} ${waiting.length === 1 ? "is" : "are"}`;
    draft.specScope
      .at(...(hostPortClaims(draft.spec)[0]?.at ?? []))
      .warn(
        `${who} Pending: 0/${nodes.length} nodes are available: ${reasons.join(", ")}`,
        "a port of a node belongs to one pod: fewer replicas, another port, or more nodes",
      );
  }
}

function ownerKey(draft: PodDraft, node: string): string {
  return draft.owner === undefined ? "" : `${draft.object} on ${node}`;
}

/** A mistake in a template is told once, not for each replica. */
function firstOfOwner(draft: PodDraft, drafts: readonly PodDraft[]): boolean {
  return draft.owner === undefined || drafts.find((d) => d.object === draft.object) === draft;
}
