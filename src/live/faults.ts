/** Faults of a running lab: injected, and undone. */
import { UsageError } from "../errors.ts";
import { readFault } from "../faults/schema.ts";
import type { FaultDocument } from "../faults/schema.ts";
import type { InjectedFault } from "../faults/injected.ts";
import { faultKind } from "../faults/registry.ts";
import { planResources } from "../plan/plan-lab.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { faultPlaces } from "../targets/fault-places.ts";
import { targetIndex } from "../targets/select.ts";
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
    return kept({ id: freeId(kind.kind, active), kind: kind.kind, settings }, lab);
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
  return kept(found, lab);
}

/** With what its kind keeps of the lab as it is now. */
function kept(fault: InjectedFault, lab: World["lab"]): InjectedFault {
  const kind = faultKind(fault.kind);
  return kind?.keep === undefined ? fault : { ...fault, settings: kind.keep(fault.settings, planResources(lab)) };
}

/** `fault`: the name of one of spec.faults, or a document of the right shape. */
export function injectFault(fault: string | FaultDocument): Change {
  return (live, world) => {
    const active = live.faults ?? [];
    return { ...live, faults: [...active, faultOf(fault, active, world)] };
  };
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
