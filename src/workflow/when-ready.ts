/** After `up`: the controllers do what follows from the file, and startup and readiness probes report before the checks run. */
import { addTo } from "../append.ts";
import type { LiveLab as Live } from "../live/live-lab.ts";
import type { Lab } from "../lab/lab.ts";
import { watchesOf, type WatchResource } from "../resources/watch/definition.ts";
import { podText } from "../targets/parse-target.ts";
import { describeProbes } from "../resources/watch/describe.ts";
import type { Resource } from "../resources/resource.ts";
import type { EventBus } from "./event-bus.ts";
import { InterruptedError } from "./interrupt.ts";
import type { Session } from "./session.ts";
import { labPods } from "../cluster/lab-clusters.ts";
import { objectKey } from "../net/object-ref.ts";

/** Milliseconds for other work in addition to the probes' own time. */
const SLACK = 5000;
/** Probes that take longer than this for their first result are listed, milliseconds. */
const PATIENCE = 3000;

/** How many pods that are not ready are listed. */
const MENTIONED = 5;

/**
 * The session with the lab as it is when its Deployments are rolled out and every probe has reported. Throws LabError
 * when a rollout makes no progress. A lab that was just built is returned even after an interrupt, to be taken down.
 */
export async function whenReady(
  session: Session,
  { bus, signal }: { readonly bus: EventBus; readonly signal: AbortSignal },
): Promise<Session> {
  const { underWay } = session;
  const isProbed = watchesOf(session.desired, "pod").length > 0;
  if ((!isProbed && underWay === undefined) || (signal.aborted && session.fresh)) return session;
  const [{ LiveLab }, { rollOut, unfinished }, { planResources }] = await Promise.all([
    import("../live/live-lab.ts"),
    import("../live/roll-out.ts"),
    import("../plan/plan-lab.ts"),
  ]);
  const notify = (text: string): void => bus.note(text);
  const live = new LiveLab(session.client, { notify: underWay === undefined ? () => undefined : notify, signal });
  const rollouts = underWay?.rollouts ?? [];
  try {
    signal.throwIfAborted();
    await rollOut(live, rollouts, "up", signal);
    await waitForProbes(live, await live.lab(), bus);
  } catch (error) {
    if (!signal.aborted) throw error;
    const isInterrupted = signal.reason instanceof InterruptedError;
    if (isInterrupted && !session.fresh) signal.throwIfAborted();
    const late = isInterrupted ? undefined : await unfinished(live, rollouts);
    if (late !== undefined) throw late;
  }
  const lab = await live.lab();
  for (const text of unready(lab, session.desired)) bus.note(text, "warn");
  if (underWay !== undefined) bus.emit({ type: "changed", lab });
  return { ...session, lab, desired: planResources(lab) };
}

/** Until every probe has said something, which the manifests themselves may put off for long. */
async function waitForProbes(live: Live, lab: Lab, bus: EventBus): Promise<void> {
  const { probeNeed } = await import("../kube/pod/probe-need.ts");
  const pods = labPods(lab).filter((pod) => !pod.ready);
  const need = probeNeed(pods);
  const end = performance.now() + need + SLACK;
  if (need > PATIENCE) {
    await live.settle("up", performance.now() + PATIENCE, "decided");
    const late = labPods(await live.lab()).filter((pod) => !pod.ready && probeNeed([pod]) > PATIENCE);
    const [first, ...more] = late;
    if (first === undefined) return;
    const names = more.length === 0 ? podText(first) : `${podText(first)} and ${more.length} more pods`;
    const probe = first.containers.some(({ startupProbe }) => startupProbe !== undefined)
      ? "startupProbe"
      : "readinessProbe";
    bus.note(`waiting for the ${probe} of ${names}: this may take ${Math.ceil(need / 1000)} s`);
  }
  await live.settle("up", end, "decided");
}

/** Which pods wait for their probes: their addresses are not published yet, which without a message looks like a broken Service. */
function unready(lab: Lab, resources: readonly Resource[]): readonly string[] {
  const looks = new Map<string, WatchResource[]>();
  for (const watch of watchesOf(resources, "pod")) addTo(looks, watch.subject.name, watch);
  const waiting = labPods(lab).flatMap((pod) => {
    const probes = looks.get(objectKey(pod));
    return pod.ready || probes === undefined
      ? []
      : [
          `${podText(pod)} is not ready (${describeProbes(probes)
            .map(([name, what]) => `${name}: ${what}`)
            .join("; ")})`,
        ];
  });
  const more = waiting.length - MENTIONED;
  return more > 0 ? [...waiting.slice(0, MENTIONED), `${more} more pods are not ready`] : waiting;
}
