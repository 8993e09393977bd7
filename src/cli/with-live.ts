/** A lab as its file says, together with what happened to the one that is up. */
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import { InputError } from "../errors.ts";
import type { Diagnostic } from "../errors.ts";
import { fitUnderlay } from "../model/fit-underlay.ts";
import type { LabInput, LabSources, RunningLab } from "../model/input.ts";
import type { Lab } from "../model/lab.ts";
import { UNTOUCHED } from "../model/live.ts";
import type { LiveState } from "../model/live.ts";
import { reviveLab } from "../model/revive-lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { Resource } from "../plan/resource.ts";

/** Without input and sources a lab cannot be changed while it runs. */
export interface Loaded {
  readonly lab: Lab;
  readonly warnings: readonly Diagnostic[];
  readonly input?: LabInput | undefined;
  readonly sources?: LabSources | undefined;
}

/** What a lab shall be, and what is kept of it. */
export interface Wanted {
  readonly lab: Lab;
  readonly desired: readonly Resource[];
  readonly sources?: LabSources | undefined;
  readonly live?: LiveState | undefined;
}

async function resolveRunning(input: LabInput, running: RunningLab): Promise<Lab> {
  const { resolveLab } = await import("../model/resolve-lab.ts");
  const { lab, diagnostics } = resolveLab({ ...input, running });
  const mistakes = diagnostics.filter((one) => one.severity === "error");
  if (mistakes.length > 0) throw new InputError(mistakes);
  return lab;
}

/** For `up`: what the file says counts, what it does not speak of stays; pods keep their nodes and addresses. */
export async function withLive(wanted: Wanted, input: LabInput | undefined, stored: StoredLab | null): Promise<Wanted> {
  if (stored === null || input === undefined || stored.sources === undefined) return wanted;
  const { settleLive } = await import("../model/live-settle.ts");
  const { cluster } = reviveLab(stored);
  const live = settleLive(stored.live ?? UNTOUCHED, input.manifests, cluster?.pods ?? []);
  const lab = await resolveRunning(input, { live, cluster, gradual: false });
  return { ...wanted, lab, desired: planResources(lab), live };
}

/** For `check` with a file: its checks, about the pods that there are. */
export async function asItRuns(
  { lab, input }: Loaded,
  running: { readonly client: AgentClient; readonly lab: Lab },
): Promise<Lab> {
  const stored = await running.client.call("stored", {});
  if (stored === null || input === undefined || stored.live === undefined)
    return fitUnderlay(lab, { mtu: running.lab.cluster?.wireMtu });
  return resolveRunning(input, { live: stored.live, cluster: reviveLab(stored).cluster, gradual: false });
}
