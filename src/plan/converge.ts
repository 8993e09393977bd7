/** Decides for every desired resource what has to be done to it, given the observed state; and for observed ones that are no longer desired. */
import { dependencyOrder, type Ordered } from "./dependency-order.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Present } from "../resources/present.ts";
import type { Resource } from "../resources/resource.ts";
import { sameSpec } from "../resources/same-spec.ts";

export interface Step {
  readonly ordered: Ordered;
  /** `recreate` is a delete and a create. */
  readonly step: "create" | "update" | "recreate";
  readonly reason: string;
  /** What was applied and still exists; for update and recreate. */
  readonly before?: Resource | undefined;
  /** Ids of deletions that must wait until this update no longer uses them. */
  readonly releases: readonly string[];
}

export interface Convergence {
  /** In build order. */
  readonly steps: readonly Step[];
  /** Existing resources that are no longer desired or will be recreated, in the build order of what was applied. */
  readonly deletions: readonly { readonly ordered: Ordered; readonly reason: string }[];
}

/** What to do with one resource that no dependency forces to be recreated. */
function decide(
  resource: Resource,
  applied: Resource | undefined,
  there: Present,
): Omit<Step, "ordered" | "releases"> | undefined {
  const kind = definitionOf(resource).plan;
  const before = applied?.kind === resource.kind ? applied : undefined;
  const comparison = there.compare(resource);
  if (comparison.status === "missing") return { step: "create", reason: comparison.reason ?? "missing" };
  const edited = before !== undefined && !sameSpec(before, resource);
  if (edited && kind.replaces(before, resource))
    return { step: "recreate", reason: "differs from the lab file", before: there.present(before) };
  if (comparison.status === "changed")
    return {
      step: comparison.recreate ? "recreate" : "update",
      reason: comparison.differences.join("; "),
      before: before === undefined ? undefined : there.present(before),
    };
  return edited ? { step: "update", reason: "differs from the lab file", before: there.present(before) } : undefined;
}

function claimsOf(resource: Resource): readonly string[] {
  return definitionOf(resource).plan.claims?.(resource) ?? [];
}

function idOf({ resource }: Ordered): string {
  return resource.id;
}

export function converge(desired: readonly Resource[], present: Present): Convergence {
  const { applied: before } = present;
  const steps: Omit<Step, "releases">[] = [];
  /** Ids that are (re)created → reason for those that depend on it. */
  const made = new Map<string, string>();
  const deleted = new Map<string, string>();
  for (const ordered of dependencyOrder(desired)) {
    const { resource, dependencies } = ordered;
    const applied = before[resource.id];
    const killer = dependencies.diesWith.find((id) => made.has(id));
    const reset = dependencies.resetBy?.find((id) => made.has(id));
    let step = decide(resource, applied, present);
    if (killer !== undefined && step?.step !== "recreate") {
      const inAgent = definitionOf(resource).lives === "agent" && applied !== undefined && present.running(resource.id);
      step = {
        step: inAgent ? "recreate" : "create",
        reason: step?.reason ?? `${killer} is recreated`,
        before: inAgent ? applied : undefined,
      };
    } else if (reset !== undefined && step === undefined) {
      step = { step: "update", reason: `${reset} is recreated`, before: applied };
    }
    if (step === undefined) continue;
    steps.push({ ordered, ...step });
    if (step.step !== "update") made.set(resource.id, step.reason);
    if (step.step === "recreate") deleted.set(resource.id, step.reason);
  }
  const wanted = new Set(desired.map((resource) => resource.id));
  for (const id of Object.keys(before)) if (!wanted.has(id)) deleted.set(id, "no longer in the lab file");
  if (steps.length === 0 && deleted.size === 0) return { steps: [], deletions: [] };
  const befores = new Map(steps.map((step) => [step.ordered.resource.id, step.before ?? step.ordered.resource]));
  const there = dependencyOrder(Object.values(before));
  const claimed = new Set(
    steps.filter(({ step }) => step !== "update").flatMap(({ ordered: { resource } }) => claimsOf(resource)),
  );
  const isHeld = (resource: Resource): boolean => {
    const { lives, plan } = definitionOf(resource);
    if (plan.heldByUsers !== true || !deleted.has(resource.id)) return false;
    // It may be removed early, but its replacement would wait for it.
    return lives !== "agent" || (!wanted.has(resource.id) && !claimsOf(resource).some((claim) => claimed.has(claim)));
  };
  const held = new Set(there.filter(({ resource }) => isHeld(resource)).map(idOf));
  const used = new Map(
    there.map((ordered) => [idOf(ordered), ordered.dependencies.needs.filter((id) => held.has(id))]),
  );
  // For a table whose state is not known, it is unknown which sets it still uses.
  for (const { resource } of there)
    if (definitionOf(resource).plan.usesUnsaid === true && !present.isKnown(resource.id))
      used.set(
        resource.id,
        [...held].filter((id) => before[id]?.ns === resource.ns),
      );
  const deletions = there
    .filter(({ resource }) => deleted.has(resource.id))
    .map(({ resource, dependencies }) => ({
      ordered: { resource: befores.get(resource.id) ?? present.present(resource), dependencies },
      reason: deleted.get(resource.id) ?? "",
    }));
  const releases = ({ ordered, step }: Omit<Step, "releases">): readonly string[] =>
    step === "update" ? (used.get(idOf(ordered)) ?? []) : [];
  return { steps: steps.map((step) => ({ ...step, releases: releases(step) })), deletions };
}
