/** `spec.faults`: faults that steps and commands switch on by name. */
import { UsageError } from "../errors.ts";
import type { InjectedFault } from "../faults/injected.ts";
import { readFault, type FaultDocument } from "../faults/schema.ts";
import type { Scope } from "../syntax/scope.ts";
import { faultPlaces } from "../targets/fault-places.ts";
import type { TargetIndex } from "../targets/parse-target.ts";

export function resolveNamedFaults(
  docs: readonly FaultDocument[],
  index: TargetIndex,
  scope: Scope,
): readonly InjectedFault[] {
  const seen = new Map<string, Scope>();
  return docs.flatMap((doc, i): InjectedFault[] => {
    const place = scope.at(i);
    const id = String(doc["name"]);
    const first = seen.get(id);
    if (first === undefined) seen.set(id, place);
    else place.at("name").error(`duplicate fault "${id}"`, `first defined on line ${first.source().line}`);
    const { kind, said } = readFault(doc);
    try {
      return [{ id, kind: kind.kind, settings: kind.resolve(said, faultPlaces(index)), source: place.source() }];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      place.at(kind.kind).dangling(error.message, error.hint ?? "");
      return [];
    }
  });
}
