/** What the screen knows: a fold over the event stream, without any drawing. */
import type { Diagnostic, OperationFailure } from "../errors.ts";
import type { CheckAttempt, CheckResult, StampedEvent } from "../events.ts";

import type { Lab } from "../lab/lab.ts";
import type { PacketLine } from "../services/capture/protocol.ts";
import type { Cause } from "../cause.ts";

export type Phase = "starting" | "building" | "rolling-out" | "checking" | "up" | "failed" | "going-down" | "down";

export interface CheckView {
  readonly name: string;
  readonly kind: string;
  status: "waiting" | "running" | "passed" | "failed" | "skipped";
  /** Results, one per family. */
  results: CheckResult[];
  attempts: number;
  lastAttempt: CheckAttempt | undefined;
}

export interface ChangeView {
  readonly id: string;
  readonly action: string;
  readonly node: string;
  readonly reason: string | undefined;
  readonly cause: Cause;
  status: "started" | "done" | "failed";
  failure: OperationFailure | undefined;
}

export interface TuiState {
  labName: string;
  lab: Lab | undefined;
  converging: boolean;
  phase: Phase;
  progress: { done: number; total: number };
  /** Operations of this run, in the order in which they began. */
  changes: ChangeView[];
  checks: CheckView[];
  packets: PacketLine[];
  notes: { level: "info" | "warn" | "error"; text: string }[];
  diagnostics: Diagnostic[];
  /** What the controllers do when all operations are done. */
  afterwards: readonly string[];
  buildMs: number | undefined;
  /** Grows with every event: makes the screen draw again. */
  version: number;
}

const PACKETS_KEPT = 2000;

export function initialState(): TuiState {
  return {
    labName: "",
    lab: undefined,
    converging: false,
    phase: "starting",
    progress: { done: 0, total: 0 },
    changes: [],
    checks: [],
    packets: [],
    notes: [],
    diagnostics: [],
    afterwards: [],
    buildMs: undefined,
    version: 0,
  };
}

/** Folds one event into the state, in place (thousands of operations arrive within milliseconds). */
export function applyEvent(state: TuiState, event: StampedEvent): void {
  state.version++;
  state.labName = event.labName;
  switch (event.type) {
    case "lab":
      state.lab = event.lab;
      state.converging = event.converging;
      state.phase = "building";
      state.checks = event.lab.checks.map((check) => newCheck(check.name, check.kind));
      return;
    case "changed":
      state.lab = event.lab;
      if (state.phase === "rolling-out") state.phase = "checking";
      return;
    case "diagnostic":
      state.diagnostics.push(event.diagnostic);
      return;
    case "note":
      state.notes.push({ level: event.level, text: event.text });
      return;
    case "strangers": {
      const [first, ...more] = event.strangers;
      const rest = more.length === 0 ? "" : ` and ${more.length} more`;
      if (first !== undefined)
        state.notes.push({
          level: "warn",
          text: `not part of this lab: ${first.place}: ${first.what}${rest} (d lists all)`,
        });
      return;
    }
    case "plan":
      state.progress = { done: 0, total: event.plan.operations.length };
      state.changes = [];
      state.afterwards = event.afterwards ?? [];
      return;
    case "operation":
      applyOperation(state, event);
      return;
    case "progress":
      state.progress = { done: event.done, total: event.total };
      if (event.phase === "down") state.phase = "going-down";
      return;
    case "built":
      state.buildMs = event.ms;
      state.phase = phaseAfter(state, event.failures);
      state.progress = { ...state.progress, done: state.progress.total };
      return;
    case "check-started": {
      const check = findCheck(state, event.name, event.kind);
      if (check.status !== "running") {
        check.results = [];
        check.attempts = 0;
      }
      check.status = "running";
      state.phase = "checking";
      return;
    }
    case "check-attempt": {
      const check = findCheck(state, event.name, "ping");
      check.attempts++;
      check.lastAttempt = event.attempt;
      return;
    }
    case "check-done":
      applyResult(state, event.result);
      return;
    case "packet":
      state.packets.push(event.packet);
      if (state.packets.length > PACKETS_KEPT) state.packets.splice(0, state.packets.length - PACKETS_KEPT);
      return;
    case "checks-done":
      state.phase = "up";
      return;
    case "down":
      state.phase = "down";
      return;
    case "artifacts":
      return;
  }
}

/** What follows when all operations are done. */
function phaseAfter({ afterwards }: TuiState, failures: readonly OperationFailure[]): Phase {
  if (failures.length > 0) return "failed";
  return afterwards.length > 0 ? "rolling-out" : "checking";
}

function newCheck(name: string, kind: string): CheckView {
  return { name, kind, status: "waiting", results: [], attempts: 0, lastAttempt: undefined };
}

function findCheck(state: TuiState, name: string, kind: string): CheckView {
  let check = state.checks.find((known) => known.name === name);
  if (check === undefined) {
    check = newCheck(name, kind);
    state.checks.push(check);
  }
  return check;
}

function applyOperation(state: TuiState, event: Extract<StampedEvent, { type: "operation" }>): void {
  const { id, action, node, reason } = event.operation;
  let change = state.changes.findLast((known) => known.id === id);
  if (change === undefined) {
    change = { id, action, node, reason, cause: event.cause, status: event.status, failure: event.failure };
    state.changes.push(change);
  } else {
    change.status = event.status;
    change.failure = event.failure;
  }
}

function applyResult(state: TuiState, result: CheckResult): void {
  const check = findCheck(state, result.name, result.kind);
  check.results = [...check.results.filter((known) => known.family !== result.family), result];
  const worst = (["failed", "skipped", "passed"] as const).find((s) => check.results.some((r) => r.status === s));
  check.status = worst ?? result.status;
}

/** It passed only because this lab is broken on purpose. */
export function isFaulty({ status, results }: CheckView): boolean {
  return status === "passed" && results.some((result) => result.expectedToFail);
}

/** Counts for the header. */
export function countChecks(state: TuiState): Record<CheckView["status"] | "faulty", number> {
  const counts = { waiting: 0, running: 0, passed: 0, faulty: 0, failed: 0, skipped: 0 };
  for (const check of state.checks) counts[isFaulty(check) ? "faulty" : check.status]++;
  return counts;
}
