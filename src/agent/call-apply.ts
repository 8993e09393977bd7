/** The near end of `apply`: large rule sets that change are sent as edits. */
import { LabError } from "../errors.ts";
import type { Operation } from "../resources/operation.ts";
import type { AgentClient } from "./client.ts";
import { OTHER_BASE, packOperations } from "./packed-operations.ts";
import type { ApplyEvent } from "../apply/protocol.ts";
import type { ApplyParams, ApplyResult } from "./protocol.ts";

/** As `client.call("apply", …)`. When the agent turns out to have another state of a rule set, all is sent as a whole. */
export async function callApply(
  client: AgentClient,
  operations: readonly Operation[],
  params: Omit<ApplyParams, "operations">,
  onEvent?: (event: ApplyEvent) => void,
): Promise<ApplyResult> {
  try {
    return await client.call("apply", { ...params, operations: packOperations(operations) }, onEvent);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== OTHER_BASE) throw error;
    return client.call("apply", { ...params, operations: packOperations(operations, false) }, onEvent);
  }
}
