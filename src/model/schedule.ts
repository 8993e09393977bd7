/** Which node a pod goes to: its nodeName, else the least loaded node that its nodeSelector allows and whose ports it finds free. */
import type { ClusterNode } from "./cluster.ts";
import { didYouMean } from "./nearest.ts";
import type { PodDraft } from "./workload.ts";

/** Ports that a pod takes of its node: `80/TCP`. */
function hostPorts({ spec }: PodDraft): readonly string[] {
  return spec.containers.flatMap(({ ports }) =>
    (ports ?? []).flatMap((port) => {
      const host = (port.hostPort ?? 0) === 0 && spec.hostNetwork === true ? port.containerPort : port.hostPort;
      return (host ?? 0) === 0 ? [] : [`${host}/${port.protocol ?? "TCP"}`];
    }),
  );
}

/**
 * Node name of each draft, in order; undefined where there is none (a mistake has been told). `bound`: pods that are on a
 * node already. `mayWait`: this pod has no node while its ports are taken everywhere, as one that is Pending; others share
 * a node then, which is told where their ports are.
 */
export function schedule(
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  bound: ReadonlyMap<PodDraft, string> = new Map(),
  mayWait: (draft: PodDraft) => boolean = () => false,
): readonly (string | undefined)[] {
  const load = new Map(nodes.map((node) => [node.name, 0]));
  const ofOwner = new Map<string, number>();
  const taken = new Set<string>();
  const place = (draft: PodDraft, node: string): string => {
    for (const port of hostPorts(draft)) taken.add(`${node} ${port}`);
    load.set(node, (load.get(node) ?? 0) + 1);
    const key = ownerKey(draft, node);
    if (key !== "") ofOwner.set(key, (ofOwner.get(key) ?? 0) + 1);
    return node;
  };
  const placed = drafts.map((draft) => {
    const name = bound.get(draft) ?? draft.spec.nodeName;
    if (name === undefined || name === "") return undefined;
    if (load.has(name)) return draft.system === true ? name : place(draft, name);
    if (firstOfOwner(draft, drafts)) {
      draft.specScope
        .at("nodeName")
        .dangling(`there is no node "${name}"`, didYouMean(name, [...load.keys()], "nodes"));
    }
    return undefined;
  });
  return drafts.map((draft, i) => {
    if (placed[i] !== undefined || (draft.spec.nodeName ?? "") !== "") return placed[i];
    const selector = Object.entries(draft.spec.nodeSelector ?? {});
    const fit = nodes.filter((node) => selector.every(([key, value]) => node.labels[key] === value));
    const weight = ({ name }: ClusterNode): number =>
      (ofOwner.get(ownerKey(draft, name)) ?? 0) * drafts.length + (load.get(name) ?? 0);
    const ports = hostPorts(draft);
    const free = fit.filter(({ name }) => !ports.some((port) => taken.has(`${name} ${port}`)));
    if (fit.length > 0 && free.length === 0 && mayWait(draft)) return undefined;
    const choice = free.length > 0 ? free : fit;
    let [best] = choice;
    for (const node of choice) if (best !== undefined && weight(node) < weight(best)) best = node;
    if (best !== undefined) return place(draft, best.name);
    if (firstOfOwner(draft, drafts)) {
      draft.specScope
        .at("nodeSelector")
        .dangling(
          `no node has the labels ${selector.map(([k, v]) => `${k}=${v}`).join(",")}`,
          "give a node these labels: spec.cluster.nodes: [{ name: …, labels: { … } }]",
        );
    }
    return undefined;
  });
}

function ownerKey(draft: PodDraft, node: string): string {
  return draft.owner === undefined ? "" : `${draft.object} on ${node}`;
}

/** A mistake in a template is told once, not for each replica. */
function firstOfOwner(draft: PodDraft, drafts: readonly PodDraft[]): boolean {
  return draft.owner === undefined || drafts.find((d) => d.object === draft.object) === draft;
}
