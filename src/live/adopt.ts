/**
 * What CNI plugins have made becomes a part of the lab: with it the lab is resolved again, and its resources, which exist by then, are
 * recorded. From then on they are watched, shown and repaired as all others.
 */
import { callApply } from "../agent/call-apply.ts";
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import { BuildError } from "../errors.ts";
import { UNTOUCHED } from "../kube/workload/live-state.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import type { Lab } from "../lab/lab.ts";
import { loadSources } from "../load/load-lab.ts";
import { resolveValid } from "../load/resolve-lab.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import { planChange } from "../plan/plan-operations.ts";
import { isAttachment } from "../resources/cni/attached.ts";
import type { NodeAttachments } from "../resources/cni/attached.ts";
import type { Resource } from "../resources/resource.ts";
import { sameSpec } from "../resources/same-spec.ts";
import type { LabSources } from "../syntax/lab-sources.ts";

/** A lab and what it was made of. */
export interface MadeLab {
  readonly lab: Lab;
  readonly desired: readonly Resource[];
  readonly sources?: LabSources | undefined;
  readonly live?: LiveState | undefined;
}

/** Which attachments there are, and what earlier ones left. */
function identity({ attached, left }: NodeAttachments): string {
  const those = attached.map(({ pod, since }) => `${pod} ${since}`).toSorted();
  return [...those, ...left.map(({ id }) => id).toSorted()].join("\n");
}

/** With what the agent knows now; the very same object when that is nothing new. */
async function withAttachments(client: AgentClient, live: LiveState): Promise<LiveState> {
  const now = await client.call("attachments", {});
  const before = live.attachments ?? { attached: [], left: [] };
  return identity(now) === identity(before) ? live : { ...live, attachments: now };
}

/** Of what was applied all but that which has been made again since under the same names: taking it away would take the new away. */
function beforeAdoption(
  applied: readonly Resource[],
  old: NodeAttachments | undefined,
  now: NodeAttachments | undefined,
): readonly Resource[] {
  const since = new Map(old?.attached.map((one) => [one.pod, one.since]));
  const fresh = now?.attached.filter((one) => since.get(one.pod) !== one.since) ?? [];
  if (fresh.length === 0) return applied;
  const made = new Set(fresh.flatMap((one) => one.made.map(({ id }) => id)));
  return applied.filter(({ id }) => !made.has(id));
}

/** From the texts that it was made of. */
function fromSources({ lab, sources }: MadeLab): (live: LiveState) => Lab {
  return (live) =>
    sources === undefined
      ? lab
      : resolveValid({ ...loadSources(sources), running: { live, clusters: lab.clusters, gradual: false } });
}

function madeOf<M extends MadeLab>(made: M, lab: Lab, live: LiveState): M & { readonly live: LiveState } {
  return { ...made, lab, desired: planResources(lab), live };
}

/** Ids of what goes with the attachments of these pods: on a node that has no other all that plugins have left there. */
function goneWith({ attached, left }: NodeAttachments, stale: ReadonlySet<string>): ReadonlySet<string> {
  const kept = new Set(attached.flatMap(({ pod, node }) => (stale.has(pod) ? [] : [node])));
  const made = attached
    .filter(({ pod }) => stale.has(pod))
    .flatMap((one) => one.made.filter(({ ns }) => ns === one.pod || !kept.has(ns)));
  return new Set([...made, ...left.filter(({ ns }) => !kept.has(ns))].map(({ id }) => id));
}

/**
 * Attachments that the lab no longer wants, or not like that, are removed before anything else is changed: their plugins' DEL, and when
 * a node has no other, all that they have left there.
 */
export async function detached(client: AgentClient, stored: StoredLab, desired: readonly Resource[]): Promise<void> {
  const { attached = [], left = [] } = stored.live?.attachments ?? {};
  const wanted = new Map(desired.map((one) => [one.id, one]));
  const before = planResources(reviveLab(stored));
  const isStale = (one: Resource): boolean => {
    const now = wanted.get(one.id);
    return isAttachment(one) && (now === undefined || !sameSpec(one, now));
  };
  const stale = new Set(before.filter(isAttachment).flatMap((one) => (isStale(one) ? [one.podNs] : [])));
  if (stale.size === 0) return;
  const goes = goneWith({ attached, left }, stale);
  const after = before.filter((one) => !isStale(one) && !goes.has(one.id));
  const { name, file } = reviveLab(stored);
  const { failures } = await callApply(client, planChange(name, before, after).operations, {
    mode: "converge",
    keep: true,
  });
  if (failures.length > 0)
    throw new BuildError(`pods of lab ${name} could not be detached`, failures, `k8snet-lab up ${file} tries it again`);
}

/** Before a lab is compared with the kernel: attachments that are no longer complete are made again, whatever they once made. */
export async function refreshed<M extends MadeLab>(client: AgentClient, made: M): Promise<M> {
  const { live = UNTOUCHED } = made;
  const now = await withAttachments(client, live);
  return now === live ? made : madeOf(made, fromSources(made)(now), now);
}

/** After operations that may have called plugins. `resolve`: the lab in another state. Throws BuildError. */
export async function adopted<M extends MadeLab>(
  client: AgentClient,
  made: M,
  resolve = fromSources(made),
): Promise<M & { readonly live: LiveState }> {
  const { live = UNTOUCHED } = made;
  const now = await withAttachments(client, live);
  if (now === live) return { ...made, live };
  const next = madeOf(made, resolve(now), now);
  const before = beforeAdoption(made.desired, live.attachments, now.attachments);
  const { operations } = planChange(made.lab.name, before, next.desired);
  const { failures } = await callApply(client, operations, { mode: "converge", keep: true });
  if (failures.length > 0)
    throw new BuildError(
      `what CNI plugins made in lab ${made.lab.name} could not be adopted`,
      failures,
      `k8snet-lab up ${made.lab.file} tries it again`,
    );
  return next;
}

/**
 * A change to a running lab that failed is taken back: pods that it had detached are attached again, by an ADD that may give them other
 * addresses. `before`: the lab as it was, `failed`: what the change wanted. Undefined: that failed as well.
 */
export async function takenBack<M extends MadeLab & { readonly live: LiveState }>(
  client: AgentClient,
  before: M,
  failed: readonly Resource[],
  resolve: (live: LiveState) => Lab,
): Promise<M | undefined> {
  const { attached = [], left = [] } = before.live.attachments ?? {};
  const now = await client.call("attachments", {});
  const there = new Set(now.attached.map(({ pod, since }) => `${pod} ${since}`));
  const lost = new Set(attached.flatMap(({ pod, since }) => (there.has(`${pod} ${since}`) ? [] : [pod])));
  const goes = goneWith({ attached, left }, lost);
  const desired = lost.size === 0 ? before.desired : before.desired.filter(({ id }) => !goes.has(id));
  const { operations } = planChange(before.lab.name, failed, desired);
  const { failures } = await callApply(client, operations, { mode: "converge", keep: true });
  if (failures.length > 0) return undefined;
  return lost.size === 0 ? before : adopted(client, { ...before, desired }, resolve);
}
