/** Whether what a lab has broken on purpose is still broken: its own checks (`expectFailure: fault`) decide. */
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import type { CheckResult } from "../events.ts";
import { InputError, LabError } from "../errors.ts";
import { faultChecks } from "../load/fault.ts";
import type { Lab } from "../lab/lab.ts";
import { UNTOUCHED } from "../kube/workload/live-state.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Resource } from "../resources/resource.ts";
import type { EventBus } from "./event-bus.ts";
import type { Session } from "./session.ts";
import { storeLab } from "./stored-lab.ts";

/** Milliseconds: a check that has not passed by then indicates the fault. */
const PATIENCE = 3000;

/**
 * Before `up` brings a lab to its file: a fault that was fixed by hand is not applied again, unless `reset`. The checks that
 * cover it are run silently; the lab is not touched.
 */
export async function noticeFix(
  client: AgentClient,
  stored: StoredLab | null,
  {
    bus,
    signal,
    reset,
  }: { readonly bus: EventBus; readonly signal?: AbortSignal | undefined; readonly reset: boolean },
): Promise<StoredLab | null> {
  if (stored === null) return null;
  const lab = reviveLab(stored);
  const { fixed: _, faults: injected, ...rest } = stored.live ?? UNTOUCHED;
  const live = reset || injected === undefined ? rest : { ...rest, faults: injected };
  if (lab.fault === undefined) return reset ? { ...stored, live } : stored;
  if (reset) return { ...stored, live: UNTOUCHED };
  if (lab.fault === "fixed") return stored;
  const checks = faultChecks(lab);
  if (checks.length === 0) return stored;
  const { runChecks } = await import("../checks/run-checks.ts");
  const part = { ...lab, checks, captures: [] };
  const results = await runChecks(part, client, () => undefined, {
    signal,
    timeout: PATIENCE,
  }).catch((): readonly CheckResult[] => []);
  if (!isFixed(part, results)) return stored;
  bus.note(`what was broken on purpose in ${lab.name} is fixed and stays fixed; up --reset breaks it again`);
  return { ...stored, live: { ...live, fixed: true } };
}

function isFixed(lab: Pick<Lab, "checks">, results: readonly CheckResult[]): boolean {
  const names = new Set(faultChecks(lab).map(({ name }) => name));
  const about = results.filter(({ name }) => names.has(name));
  return (
    new Set(about.map(({ name }) => name)).size === names.size &&
    names.size > 0 &&
    about.every(({ status, expectedToFail }) => status === "passed" && !expectedToFail)
  );
}

/** After checks: a fault that they found fixed is remembered with the lab. The kernel is left as it is. */
export async function rememberFix(
  { client, lab }: Session,
  results: readonly CheckResult[],
  bus: EventBus,
): Promise<void> {
  if (lab.fault !== "present" || !isFixed(lab, results)) return;
  try {
    await client.call("lock", { purpose: "check" });
    const stored = await client.call("stored", {});
    if (stored?.sources === undefined) return;
    const live = { ...(stored.live ?? UNTOUCHED), fixed: true as const };
    const [{ loadSources }, { resolveLab }] = await Promise.all([
      import("../load/load-lab.ts"),
      import("../load/resolve-lab.ts"),
    ]);
    const { clusters } = reviveLab(stored);
    const { lab: healthy } = resolveLab({
      ...loadSources(stored.sources),
      running: { live, clusters, gradual: false },
    });
    await client.call("commit", { stored: storeLab(healthy, stored.sources, live) });
    bus.note("fixed: what was broken on purpose works now, and up keeps it that way");
  } catch (error) {
    // Another command is changing the lab, or its files are of another version: the next check will notice it too.
    if (!(error instanceof InputError) && !(error instanceof LabError && error.code === "EBUSY")) throw error;
  }
}

/**
 * What the kernel remembers would hide the fault that is there again: what routes have learnt of the way (RFC 1191: a path's
 * MTU, for ten minutes), and where tracked flows go.
 */
export async function forgetPaths(client: AgentClient, resources: readonly Resource[]): Promise<void> {
  const argv = ["sh", "-c", "ip route flush cache; ip -6 route flush cache; conntrack -F"];
  for (const { ns } of resources.filter(isNetns))
    await client.call("run", { ns, argv, timeout: PATIENCE }).catch(() => undefined);
}
