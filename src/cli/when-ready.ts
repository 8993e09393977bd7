/** After `up`: readiness probes have their say before the checks ask. */
import type { Session } from "./session.ts";

/** Milliseconds; a probe that takes longer for its first word is not waited for. */
const LIMIT = 15_000;

/** The session with the lab as it is when every probe has said something. Never rejects because of an interrupt. */
export async function whenReady(session: Session, signal: AbortSignal): Promise<Session> {
  const isProbed = session.desired.some((one) => one.kind === "watch" && one.subject.kind === "pod");
  if (!isProbed || signal.aborted) return session;
  const [{ LiveLab }, { planResources }] = await Promise.all([
    import("../controller/live-lab.ts"),
    import("../plan/plan-lab.ts"),
  ]);
  const live = new LiveLab(session.client, { tell: () => undefined, signal });
  try {
    await live.settle("up", performance.now() + LIMIT, "decided");
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const lab = await live.lab();
  return { ...session, lab, desired: planResources(lab) };
}
