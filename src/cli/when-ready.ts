/** After `up`: the controllers do what follows from the file, and readiness probes have their say before the checks ask. */
import type { EventBus } from "./event-bus.ts";
import { InterruptedError } from "./interrupt.ts";
import type { Session } from "./session.ts";

/** Milliseconds; a probe that takes longer for its first word is not waited for. */
const LIMIT = 15_000;

/**
 * The session with the lab as it is when its Deployments are rolled out and every probe has said something. Throws LabError
 * when a rollout does not get on. Never rejects because of an interrupt: the lab stays as it is then.
 */
export async function whenReady(
  session: Session,
  { bus, signal }: { readonly bus: EventBus; readonly signal: AbortSignal },
): Promise<Session> {
  const { underWay } = session;
  const isProbed = session.desired.some((one) => one.kind === "watch" && one.subject.kind === "pod");
  if ((!isProbed && underWay === undefined) || signal.aborted) return session;
  const [{ LiveLab }, { rollOut, unfinished }, { planResources }] = await Promise.all([
    import("../controller/live-lab.ts"),
    import("../controller/roll-out.ts"),
    import("../plan/plan-lab.ts"),
  ]);
  const tell = (text: string): void => bus.emit({ type: "note", level: "info", text });
  const live = new LiveLab(session.client, { tell: underWay === undefined ? () => undefined : tell, signal });
  const rollouts = underWay?.rollouts.map((one) => one.key) ?? [];
  try {
    await rollOut(live, rollouts, "up", signal);
    await live.settle("up", performance.now() + LIMIT, "decided");
  } catch (error) {
    if (!signal.aborted) throw error;
    const late = signal.reason instanceof InterruptedError ? undefined : await unfinished(live, rollouts);
    if (late !== undefined) throw late;
  }
  const lab = await live.lab();
  if (underWay !== undefined) bus.emit({ type: "changed", lab });
  return { ...session, lab, desired: planResources(lab) };
}
