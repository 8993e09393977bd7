/** Steps: one entry of `spec.steps` with what it does, its load and its checks. */
import { REQUEST_KINDS, type CheckDocument } from "../checks/registry.ts";
import type { StepDocument } from "./schema.ts";
import { UsageError } from "../errors.ts";
import { readFault, type FaultDocument } from "../faults/schema.ts";
import { faultPlaces } from "../targets/fault-places.ts";
import type { ResolveContext } from "../checks/resolve-context.ts";
import type { LostCheck } from "../lab/check.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { parseDuration } from "../syntax/quantity.ts";
import { resolveCheck, resolveChecks } from "../checks/resolve-check.ts";
import type { Scope } from "../syntax/scope.ts";
import { isProblem } from "../targets/in-clusters.ts";
import type { Step, StepAction, StepLoad } from "../lab/step.ts";

const WITHIN = 60_000;

export interface StepContext extends ResolveContext {
  /** `text`: `deploy/web`, `sts/prod/db`. */
  readonly workloads: readonly {
    readonly text: string;
    readonly scales?: true | undefined;
    readonly restarts?: true | undefined;
  }[];
  readonly namespaces: readonly string[];
  /** Names of spec.faults. */
  readonly faults: readonly string[];
  /** Words of kinds whose objects can be deleted: `netpol`, `svc`. */
  readonly deletable: readonly string[];
  /** Milliseconds that readiness probes need: added to the time that a step has if it does not say one. */
  readonly probeNeed: number;
}

function actionOf(doc: StepDocument): StepAction | undefined {
  if ("scale" in doc) return { kind: "scale", ...doc.scale };
  if ("rollout" in doc) return { kind: "rollout", target: doc.rollout };
  if ("delete" in doc) return { kind: "delete", targets: [doc.delete].flat() };
  if ("ready" in doc) return { kind: "ready", ...doc.ready };
  if ("label" in doc) return { kind: "label", ...doc.label };
  if ("fault" in doc) return { kind: "fault", fault: doc.fault as string | FaultDocument };
  if ("undo" in doc) return { kind: "undo", faults: [doc.undo].flat() };
  if ("run" in doc) return { kind: "run", target: doc.run.in, argv: doc.run.command };
  return undefined;
}

/** Where the action names its target. */
const TARGET_PATHS: Readonly<Record<StepAction["kind"], readonly string[]>> = {
  scale: ["scale", "target"],
  rollout: ["rollout"],
  delete: ["delete"],
  ready: ["ready", "target"],
  label: ["label", "target"],
  fault: ["fault"],
  undo: ["undo"],
  run: ["run", "in"],
};

/** `deployment/default/web` is `deploy/web`. */
function workloadText(text: string, { index }: StepContext): string {
  const named = index.workload(text);
  return named === undefined ? text : `${named.word}/${named.rest.replace(/^default\//, "")}`;
}

function checkTargets(action: StepAction, context: StepContext, place: Scope): void {
  const at = place.at(...TARGET_PATHS[action.kind]);
  const unknown = (message: string, name: string, names: readonly string[]): void => {
    at.dangling(message, didYouMean(name, names, "there are") ?? "the lab has none");
  };
  if (action.kind === "undo") return;
  if (action.kind === "fault") {
    if (typeof action.fault === "string") {
      if (!context.faults.includes(action.fault))
        unknown(`there is no fault "${action.fault}" in spec.faults`, action.fault, context.faults);
      return;
    }
    const { kind, said } = readFault(action.fault);
    try {
      kind.resolve(said, faultPlaces(context.index));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      at.at(kind.kind).dangling(error.message, error.hint ?? "");
    }
    return;
  }
  if (action.kind === "scale" || action.kind === "rollout") {
    const text = workloadText(action.target, context);
    const isScale = action.kind === "scale";
    const can = context.workloads.filter(({ scales, restarts }) => (isScale ? scales : restarts) === true);
    const known = can.map((one) => one.text);
    if (!known.includes(text)) unknown(`there is no "${action.target}"`, text, known);
    return;
  }
  for (const text of action.kind === "delete" ? action.targets : [action.target]) {
    const namespace = action.kind === "label" ? /^(?:ns|namespaces?)\/(.+)$/.exec(text)?.[1] : undefined;
    if (namespace !== undefined) {
      if (!context.namespaces.includes(namespace))
        unknown(`there is no namespace "${namespace}"`, namespace, context.namespaces);
      continue;
    }
    if (action.kind === "delete" && context.deletable.includes(text.split("/", 1)[0] ?? "")) continue; // looked up when the step runs
    // `deploy/web#5` may exist only when the step runs.
    const found = context.index.find(text.replace(/#\d+$/, ""));
    if (isProblem(found)) at.dangling(found.message, found.hint);
    else if (action.kind !== "run" && found.some((target) => target.pod === undefined))
      at.error(`"${text}" is not a pod`, "name a pod: pod/NAME, pod/NAMESPACE/NAME or deploy/NAME#1");
    else if (found.length > 1 && !text.includes("#"))
      at.error(`"${text}" has ${found.length} pods`, `name one of them: ${text}#1`);
  }
}

function resolveLoad(
  doc: NonNullable<StepDocument["while"]>,
  context: ResolveContext,
  place: Scope,
): StepLoad | undefined {
  const { lost, ...request } = doc;
  if (REQUEST_KINDS.filter(({ kind }) => kind in doc).length !== 1) {
    const examples = REQUEST_KINDS.map(({ kind, repeatable }) => `${kind}: ${repeatable}`);
    place.error("requests must be of one kind", `write one of ${examples.join(", ")}`);
    return undefined;
  }
  const check = resolveCheck({ ...request, name: "while" } as CheckDocument, context, place);
  const from = check?.from?.[0];
  return check === undefined || from === undefined ? undefined : { request: check, from, lost: lost ?? 0 };
}

function readWithin(doc: StepDocument, slow: number, place: Scope): number {
  if (doc.within === undefined) return WITHIN + slow;
  const time = parseDuration(doc.within);
  if (time !== undefined && time <= 3_600_000) return time;
  place.at("within").error(`${JSON.stringify(doc.within)} is not a time of at most an hour`, "write 500ms, 5s or 1m");
  return WITHIN;
}

/** `lost`: as with resolveChecks. */
export function resolveSteps(
  docs: readonly StepDocument[],
  context: StepContext,
  scope: Scope,
  lost?: LostCheck[],
): readonly Step[] {
  const seen = new Map<string, Scope>();
  return docs.map((doc, i): Step => {
    const place = lost === undefined ? scope.at(i) : scope.at(i).muted();
    const first = seen.get(doc.name);
    if (first === undefined) seen.set(doc.name, place);
    else {
      const hint = `first defined on line ${first.source().line}; reports identify steps by name`;
      place.at("name").error(`duplicate step "${doc.name}"`, hint);
    }
    const action = actionOf(doc);
    if (action !== undefined) checkTargets(action, context, place);
    const load = doc.while === undefined ? undefined : resolveLoad(doc.while, context, place.at("while"));
    if (doc.while !== undefined && action === undefined)
      place
        .at("while")
        .error(
          "there is no change to send requests during",
          "requests run while a change is made: add rollout, scale, …",
        );
    const checks = resolveChecks(doc.checks ?? [], context, scope.at(i, "checks"), lost);
    return {
      name: doc.name,
      source: place.source(),
      within: readWithin(doc, context.probeNeed, place),
      ...(doc.explain === undefined ? {} : { explain: doc.explain }),
      ...(action === undefined ? {} : { action }),
      ...(load === undefined ? {} : { load }),
      checks: checks.map((check) => ({ ...check, name: `${doc.name}: ${check.name}` })),
    };
  });
}
