/** Faults one after the other while the checks of a lab run again and again: which promise breaks under which, and what heals. */
import type { AgentClient } from "../agent/client.ts";
import { kindOf } from "../checks/registry.ts";
import { runChecks } from "../checks/run-checks.ts";
import { LabError } from "../errors.ts";
import { labNodes } from "../cluster/lab-clusters.ts";
import { describeFault, faultsNote } from "../faults/inject.ts";
import { drawFaults, type DrawnFault } from "../faults/draw.ts";
import type { Lab } from "../lab/lab.ts";
import { targetIndex } from "../targets/parse-target.ts";

export interface ChaosRequest {
  readonly client: AgentClient;
  readonly lab: Lab;
  readonly seed: number;
  /** Milliseconds; the last fault is undone, and its healing waited for, within the times below. */
  readonly duration: number;
  readonly kinds?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly report: (event: ChaosEvent) => void;
}

export type ChaosEvent =
  | { readonly type: "fault"; readonly round: number; readonly fault: string }
  /** This kernel, or this lab, cannot have it. */
  | { readonly type: "refused"; readonly round: number; readonly fault: string; readonly why: string }
  | { readonly type: "held"; readonly round: number; readonly checks: number }
  | { readonly type: "broke"; readonly round: number; readonly check: string; readonly got: string }
  /** Milliseconds from the undoing until the check passed. */
  | { readonly type: "healed"; readonly round: number; readonly check: string; readonly ms: number }
  | { readonly type: "not-healed"; readonly round: number; readonly check: string; readonly got: string };

export interface ChaosResult {
  readonly rounds: number;
  readonly broke: number;
  readonly notHealed: number;
}

/** Milliseconds that a check has to pass under a fault, and after it: neighbours that were cached wrong expire within. */
const PATIENCE = 3000;
const HEALING = 60_000;

/** Those that look at what was recorded before show the past, and those that must fail promise nothing. */
function promises(lab: Lab): Lab["checks"] {
  return lab.checks.filter((check) => kindOf(check).phase !== "after" && !check.expectFailure && check.fault !== true);
}

/** Which checks do not pass, and what they got. */
async function failing(
  { client, lab, signal }: ChaosRequest,
  checks: Lab["checks"],
  patience: number,
): Promise<ReadonlyMap<string, string>> {
  if (checks.length === 0) return new Map();
  const part = { ...lab, checks, captures: [] };
  const results = await runChecks(part, client, () => undefined, { signal, timeout: patience, brief: true });
  signal.throwIfAborted();
  return new Map(results.flatMap(({ name, status, got }) => (status === "passed" ? [] : [[name, got] as const])));
}

function placesOf(lab: Lab): Parameters<typeof drawFaults>[1]["places"] {
  const nodes = labNodes(lab).map(({ name }) => name);
  const index = targetIndex(lab);
  const pods = lab.clusters.flatMap(({ pods: all }) =>
    all.filter(({ hostNetwork, owner }) => !hostNetwork && owner?.name !== "coredns"),
  );
  return [
    ...nodes.map((text) => ({ text, is: "node" as const, nodes: nodes.filter((one) => one !== text) })),
    ...pods.flatMap(({ namespace, name }) => {
      const text = index.podTexts().find((one) => one === `pod/${name}` || one === `pod/${namespace}/${name}`);
      return text === undefined ? [] : [{ text, is: "pod" as const, nodes: [] }];
    }),
    ...(lab.clusters.length > 0 ? [] : index.texts().map((text) => ({ text, is: "node" as const, nodes: [] }))),
  ];
}

/** Ends with all its faults undone, also when it is interrupted. Throws LabError where the lab's checks fail before any fault. */
export async function runChaos(request: ChaosRequest): Promise<ChaosResult> {
  const { client, lab, seed, duration, kinds, signal, report } = request;
  const [{ LiveLab }, { injectFault, undoFaults }] = await Promise.all([
    import("../live/live-lab.ts"),
    import("../live/faults.ts"),
  ]);
  const checks = promises(lab);
  const before = await failing(request, checks, HEALING);
  const [broken] = before.keys();
  if (broken !== undefined)
    throw new LabError("ECHECK", 1, `${before.size} of ${checks.length} checks fail before any fault: ${broken}`, {
      hint: lab.injected === undefined ? `k8snet-lab check ${lab.name} shows why` : faultsNote(lab.name, lab.injected),
    });
  const end = performance.now() + duration;
  const result = { rounds: 0, broke: 0, notHealed: 0 };
  // Not the caller's signal: what is undone is undone when that has been aborted, too.
  const live = new LiveLab(client, { notify: () => undefined, signal: new AbortController().signal });
  // Killed, it cannot undo: the lab's process does when this connection is lost.
  const { holder } = await client.call("holder", {});
  const inject = async (drawn: DrawnFault): Promise<string> => {
    await live.changeWhole("chaos", injectFault(drawn, holder));
    return (await live.lab()).injected?.at(-1)?.id ?? "";
  };
  const places = placesOf(lab);
  for (const drawn of drawFaults(seed, { named: (lab.namedFaults ?? []).map(({ id }) => id), places, kinds })) {
    if (performance.now() >= end || signal.aborted) break;
    const round = ++result.rounds;
    let id: string;
    try {
      id = await inject(drawn);
    } catch (error) {
      if (!(error instanceof LabError) || error.code === "EAGENT" || error.code === "EBUG") throw error;
      report({ type: "refused", round, fault: JSON.stringify(drawn), why: error.message });
      continue;
    }
    let broke: ReadonlyMap<string, string> = new Map();
    try {
      const fault = (await live.lab()).injected?.find((one) => one.id === id);
      report({ type: "fault", round, fault: fault === undefined ? id : describeFault(fault) });
      broke = await failing(request, checks, PATIENCE);
    } finally {
      await live.changeWhole("chaos", undoFaults([id]));
    }
    result.broke += broke.size;
    if (broke.size === 0) report({ type: "held", round, checks: checks.length });
    for (const [check, got] of broke) report({ type: "broke", round, check, got });
    const undone = performance.now();
    const healed = (check: string): void =>
      report({ type: "healed", round, check, ms: Math.round(performance.now() - undone) });
    let waiting = new Map(broke);
    let left = await failing(request, checks, PATIENCE);
    for (;;) {
      for (const check of waiting.keys()) if (!left.has(check)) healed(check);
      waiting = new Map(left);
      if (left.size === 0 || performance.now() - undone > HEALING) break;
      const open = left;
      left = await failing(
        request,
        checks.filter(({ name }) => open.has(name)),
        PATIENCE,
      );
    }
    for (const [check, got] of left) report({ type: "not-healed", round, check, got });
    result.notHealed += left.size;
    if (left.size > 0) break;
  }
  return result;
}
