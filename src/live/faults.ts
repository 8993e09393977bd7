/** Faults of a running lab: injected, and undone. */
import { UsageError } from "../errors.ts";
import { readFault, type FaultDocument } from "../faults/schema.ts";
import type { InjectedFault } from "../faults/injected.ts";
import { faultKind } from "../faults/registry.ts";
import { planResources } from "../plan/plan-lab.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { faultPlaces } from "../targets/fault-places.ts";
import { targetIndex } from "../targets/parse-target.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import type { Change } from "./live-lab.ts";
import type { World } from "./stored-view.ts";

/** `loss`, `loss-2`, …: the first that is free. */
function freeId(kind: string, taken: readonly InjectedFault[]): string {
  for (let n = 1; ; n++) {
    const id = n === 1 ? kind : `${kind}-${n}`;
    if (!taken.some((one) => one.id === id)) return id;
  }
}

function faultOf(fault: string | FaultDocument, active: readonly InjectedFault[], { lab }: World): InjectedFault {
  if (typeof fault !== "string") {
    const { kind, said } = readFault(fault);
    const settings = kind.resolve(said, faultPlaces(targetIndex(lab)));
    return { id: freeId(kind.kind, active), kind: kind.kind, settings };
  }
  const named = lab.namedFaults ?? [];
  const found = named.find(({ id }) => id === fault);
  if (found === undefined) {
    const names = named.map(({ id }) => id);
    throw new UsageError(
      `the lab file names no fault "${fault}"`,
      didYouMean(fault, names, "there are") ?? "it names none",
    );
  }
  if (active.some(({ id }) => id === fault))
    throw new UsageError(
      `the fault ${fault} is active already`,
      `undo it first: k8snet-lab fault ${lab.name} undo ${fault}`,
    );
  return found;
}

/** With what its kind keeps of the lab as it is now. */
function kept(fault: InjectedFault, { lab, lacks = new Set() }: World): InjectedFault {
  const kind = faultKind(fault.kind);
  return kind?.keep === undefined
    ? fault
    : { ...fault, settings: kind.keep(fault.settings, planResources(lab), lacks) };
}

/** `fault`: the name of one of spec.faults, or a document of the right shape. `heldBy`: as InjectedFault has it. */
export function injectFault(fault: string | FaultDocument, heldBy?: string): Change {
  const inject = (live: LiveState, world: World): LiveState => {
    const active = live.faults ?? [];
    const injected = kept(faultOf(fault, active, world), world);
    return { ...live, faults: [...active, heldBy === undefined ? injected : { ...injected, heldBy }] };
  };
  const asks: Change["asks"] = (live, world) => {
    const { kind, settings } = faultOf(fault, live.faults ?? [], world);
    return faultKind(kind)?.asks?.(settings);
  };
  return Object.assign(inject, { asks });
}

/** By their ids; `all` or none: all. */
export function undoFaults(ids: readonly string[]): Change {
  return (live) => {
    const { faults = [], ...rest } = live;
    const isAll = ids.length === 0 || ids.includes("all");
    const known = faults.map(({ id }) => id);
    for (const id of isAll ? [] : ids)
      if (!known.includes(id))
        throw new UsageError(`the fault ${id} is not active`, didYouMean(id, known, "active are") ?? "none is active");
    if (faults.length === 0) return live;
    const left = isAll ? [] : faults.filter(({ id }) => !ids.includes(id));
    return left.length === 0 ? rest : { ...rest, faults: left };
  };
}

/** Without those whose holder is gone; the very same object where there are none. */
export function withoutAbandoned(live: LiveState, world: World, holders: readonly string[]): LiveState {
  const gone = (live.faults ?? []).filter(({ heldBy }) => heldBy !== undefined && !holders.includes(heldBy));
  return gone.length === 0 ? live : undoFaults(gone.map(({ id }) => id))(live, world);
}
