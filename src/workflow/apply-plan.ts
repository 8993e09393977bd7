/** Has the agent apply a plan, reports it as events, and rolls a build back when it is interrupted. */
import { within } from "../agent/within.ts";
import type { AgentClient } from "../agent/client.ts";
import { callApply } from "../agent/call-apply.ts";
import type { ApplyResult } from "../agent/protocol.ts";
import type { Plan } from "../resources/operation.ts";
import type { EventBus } from "./event-bus.ts";
import { untilAborted } from "./until-aborted.ts";

export interface ApplyPlanOptions {
  readonly mode: "build" | "converge";
  readonly keep: boolean;
  readonly bus: EventBus;
  readonly signal: AbortSignal;
}

/** Milliseconds that a rollback may take before we leave it to the agent alone. */
const ROLLBACK_LIMIT = 60_000;

/** Resolves also when operations failed (they are in the result and in the `built` event). Rejects when interrupted. */
export async function applyPlan(client: AgentClient, plan: Plan, options: ApplyPlanOptions): Promise<ApplyResult> {
  const { bus, signal, mode, keep } = options;
  if (signal.aborted) {
    if (mode === "build" && !keep) await rollBack(client, Promise.resolve());
    throw signal.reason;
  }
  const operations = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const started = performance.now();
  const pace = Number(process.env["K8SNET_LAB_PACE"]);
  const applying = callApply(client, plan.operations, { mode, keep, ...(pace > 0 ? { pace } : {}) }, (event) => {
    if (event.type === "progress") {
      bus.emit({ type: "progress", phase: "build", done: event.done, total: event.total });
      return;
    }
    if (event.type === "note") {
      bus.note(event.text);
      return;
    }
    const id = event.type === "failed" ? event.failure.operation : event.operation;
    const operation = operations.get(id);
    if (operation === undefined) return;
    const { action, node, reason, cause } = operation;
    bus.emit({
      type: "operation",
      operation: { id, action, node, reason },
      cause,
      status: event.type,
      ms: event.type === "done" ? event.ms : undefined,
      failure: event.type === "failed" ? event.failure : undefined,
    });
  });
  const result = await untilAborted(applying, signal);
  if (result === undefined) {
    if (mode === "build" && !keep) await rollBack(client, applying);
    throw signal.reason;
  }
  bus.emit({
    type: "built",
    ms: performance.now() - started,
    operations: result.done,
    rolledBack: result.rolledBack,
    failures: result.failures,
  });
  return result;
}

async function rollBack(client: AgentClient, applying: Promise<unknown>): Promise<void> {
  const rolled = Promise.allSettled([client.call("down", {}), applying]).then(() => client.closed);
  await within(rolled, ROLLBACK_LIMIT, undefined);
}
